"""Files of a visitor in a folder of their own, for as long as they are looked at; their names are never trusted."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from splits.errors import RematchError
from splits.shown import quoted

_LONGEST_NAME = 100
MB = 2**20


class Sent(Protocol):
    """A file as a browser sent it."""

    @property
    def name(self) -> str:
        """What the visitor calls it."""

    @property
    def file_id(self) -> str:
        """What tells it from others of the same visit."""

    def getbuffer(self) -> memoryview:
        """Return its content."""


@dataclass(frozen=True, slots=True)
class SafeFile:
    """A file of a visitor under a name that is safe everywhere."""

    name: str
    sent: Sent

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.sent.getbuffer().nbytes


def safe_name(name: str) -> str:
    """Keep of a name what is safe in a path, a page and a terminal.

    >>> safe_name("../../etc/pass wd.npy"), safe_name(".."), safe_name("a<b>.npy")
    ('pass_wd.npy', 'file', 'a_b_.npy')
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = re.sub(r"[^A-Za-z0-9._-]", "_", last).lstrip(".-")
    return kept[-_LONGEST_NAME:].lstrip(".-") or "file"


def safe_files(sent: Sequence[Sent], *, most_mb: int) -> list[SafeFile]:
    """Give files safe names.

    Raises:
        RematchError: Two have the same name, or all together are too large.
    """
    files = [SafeFile(safe_name(one.name), one) for one in sent]
    names = [file.name for file in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RematchError(f"Two files are called {quoted(twice)}. Rename one of them, and choose both again.")
    total = sum(file.size for file in files)
    if total > most_mb * MB:
        raise RematchError(
            f"The files have {total:,} bytes; at most {most_mb * MB:,} in all go through this page. Use the command:"
            " rematch submit MANIFEST takes files of any size."
        )
    return files


@contextmanager
def staged(files: Sequence[SafeFile]) -> Iterator[Path]:
    """Write files under their safe names into a folder that is gone when the block ends, however it ends.

    Raises:
        RematchError: There is no room for them.
    """
    with tempfile.TemporaryDirectory(prefix="rematch-visitor-") as name:
        folder = Path(name)
        try:
            for file in files:
                (folder / file.name).write_bytes(file.sent.getbuffer())
        except OSError as error:
            raise RematchError(
                f"This board has no room for the files at the moment ({error.strerror}). Try again later, or use the"
                " command: rematch submit MANIFEST"
            ) from error
        yield folder
