"""The complete files that the how-tos show, as entries: each passes the contract of the catalogue it is for."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "how-to"


def source_of(page: str) -> str:
    """The one Python file of a how-to."""
    (source,) = re.findall(r"^```python\n(.*?)^```", (FOLDER / page).read_text(encoding="utf-8"), re.M | re.S)
    return source


@cache
def names_of(page: str) -> dict:
    """What the file of a how-to defines."""
    names = {"__name__": f"shown_in_{Path(page).stem.replace('-', '_')}"}
    exec(compile(source_of(page), str(FOLDER / page), "exec"), names)  # noqa: S102 - our own page
    return names


def entry_of(page: str, kind: type):
    """The catalogue entry that a how-to shows."""
    (entry,) = [value for value in names_of(page).values() if isinstance(value, kind)]
    return entry
