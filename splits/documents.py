"""Read files a user names, bounded in size, so that a wrong path gives a sentence and not a traceback."""

import json
import stat
from pathlib import Path

from splits.errors import SplitError
from splits.shown import quoted

MAX_BYTES = 256 * 2**20
"""The largest official file, the COCO one in Karpathy's layout, has 144 MB."""


def read_bounded(path: Path) -> bytes:
    """Return the content of a regular file of at most `MAX_BYTES`.

    Raises:
        SplitError: There is no such file, it is a folder, unreadable, or too large.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise SplitError(f"There is no file {path}. Check the path; it is taken from the current folder.") from error
    except OSError as error:
        raise SplitError(f"{path!s:.200} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise SplitError(f"{path} is {kind}, a file was expected. Name the file itself.")
    if len(content) > MAX_BYTES:
        raise SplitError(f"{path} has more than {MAX_BYTES // 2**20} MB; no file of a split is that large.")
    return content


def parse_json(content: bytes, where: str) -> object:
    """Parse JSON, refusing repeated keys.

    Args:
        content: The bytes of the document.
        where: What to call the document in a message.
    """

    def without_repeats(items: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(items)
        if len(found) < len(items):
            seen: set[str] = set()
            repeat = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise SplitError(f"{where} gives the key {quoted(repeat)} twice. Keep one of them.")
        return found

    try:
        return json.loads(content, object_pairs_hook=without_repeats)
    except json.JSONDecodeError as error:
        raise SplitError(f"{where} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except UnicodeDecodeError as error:
        raise SplitError(f"{where} is not JSON: byte {error.start} is not UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        raise SplitError(f"{where} is not usable JSON: a number is too long, or it is nested too deeply.") from error


def read_json(path: Path) -> object:
    """Read one JSON document from a file."""
    return parse_json(read_bounded(path), str(path))
