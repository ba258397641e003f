"""The versions of installed libraries, without loading any of them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path


def library_versions(distributions: Iterable[str]) -> Mapping[str, str]:
    """Return the versions of those distributions that are installed, by name."""
    return {name: version for name in distributions if (version := _version(name))}


def _version(name: str) -> str | None:
    try:
        return _torch_version() if name == "torch" else metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@cache
def _torch_version() -> str | None:
    """Return the version with the kind of build, such as `+cu130`, which not every installation's metadata tells."""
    found = find_spec("torch")
    if found is None or found.origin is None:
        return None
    described = Path(found.origin).with_name("version.py")
    text = described.read_text() if described.is_file() else ""
    stated = re.search(r"^__version__ = '(.+)'", text, re.MULTILINE)
    return stated[1] if stated else metadata.version("torch")
