"""Read a tar archive strictly: plain files one after another, and nothing else that tar allows.

Python's own reader takes links, folders, devices and headers of any length, and reads some of them into memory. Nothing
of a dump is ever unpacked under a name that the archive chooses.
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from splits.shown import shown_path
from submissions.errors import DumpError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = tarfile.BLOCKSIZE
READ_AHEAD = 2**20
_GZIP = b"\x1f\x8b"
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error)
_LARGEST = 2**50
"""More than any file has: arithmetic with sizes stays within what an operating system takes."""


class RefusedError(Exception):
    """Why an archive is refused, as a sentence; `opened` says which archive."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive; its content can be read until the next one is asked for."""

    name: str
    size: int
    content: io.BufferedReader
    source: "Content"

    def rest(self) -> str:
        """Read what is left, and return the digest of the whole."""
        while self.content.read(READ_AHEAD):
            pass
        return self.source.digest.hexdigest()


class Content(io.RawIOBase):
    """The bytes of one member, digested as they are read."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        super().__init__()
        self._stream = stream
        self.left = size
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer with what comes next."""
        view = memoryview(buffer)
        block = self._stream.read(min(len(view), self.left))
        if not block and self.left:
            raise EOFError
        view[: len(block)] = block
        self.left -= len(block)
        self.digest.update(block)
        return len(block)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open an archive, unpacked where it is compressed; what is wrong with it in the block is an error in words.

    Raises:
        DumpError: It is refused, damaged, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            is_compressed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if is_compressed else file
    except RefusedError as refused:
        raise DumpError(f"{shown_path(path)} cannot be restored: {refused} Nothing was restored.") from refused
    except _BROKEN as error:
        raise DumpError(
            f"{shown_path(path)} cannot be restored: it is damaged or ends too early. Nothing was restored. Compare its"
            " SHA-256 with the one that `rematch dump` printed, and copy it again."
        ) from error
    except OSError as error:
        raise DumpError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error


def members(stream: IO[bytes]) -> Iterator[Member]:
    """Read the members of an archive in order; what of one is not read is skipped.

    Raises:
        RefusedError: It is no archive, or holds something other than plain files.
    """
    while (header := _next(stream)) is not None:
        content = Content(stream, header.size)
        yield Member(header.name, header.size, io.BufferedReader(content, READ_AHEAD), content)
        stream.seek(content.left + -header.size % BLOCK, io.SEEK_CUR)
    rest = stream.read(tarfile.RECORDSIZE)
    # Zeros fill up the last record.
    if any(rest) or stream.read(1):
        raise RefusedError("something follows the end of the archive.")


def _next(stream: IO[bytes]) -> tarfile.TarInfo | None:
    """Return the next header, None at the end of the archive."""
    block = stream.read(BLOCK)
    if len(block) < BLOCK:
        raise EOFError
    if not any(block):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise RefusedError("it is no archive that `rematch dump` wrote, or it is damaged.") from None
    if header.type != tarfile.REGTYPE or not 0 <= header.size < _LARGEST:
        raise RefusedError(f"it holds {header.name!r:.100}, which is no plain file.")
    return header
