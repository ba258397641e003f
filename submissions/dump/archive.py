"""Write the members of a dump one after another, with the digest of each, as a tar archive that any program reads."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from submissions.dump.layout import LONGEST_ROW, PART_BYTES, SUMS, rows_name
from submissions.errors import DumpError

GZIP_LEVEL = 6
_BLOCK = 2**20


class Archive:
    """A tar archive that is being written, from beginning to end, also into a pipe."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._sums: list[str] = []

    def add(self, name: str, content: bytes) -> None:
        """Add a member that is in memory."""
        self._add(name, len(content), io.BytesIO(content), hashlib.sha256(content).hexdigest())

    def add_rows(self, table: str, lines: Iterable[bytes]) -> int:
        """Add the rows of a table, in as many parts as it takes, and return how many there were.

        Raises:
            DumpError: A row is too long to be read again.
        """
        n_rows, n_parts, part = 0, 0, bytearray()
        for line in lines:
            if len(line) > LONGEST_ROW:
                raise DumpError(
                    f"A row of the table {table} takes {len(line):,} bytes, more than the {LONGEST_ROW:,} that can be"
                    f" restored: {line[:80].decode('ascii')}..."
                )
            if part and len(part) + len(line) > PART_BYTES:
                n_parts += 1
                self.add(rows_name(table, n_parts), bytes(part))
                part.clear()
            part += line
            n_rows += 1
        if part:
            self.add(rows_name(table, n_parts + 1), bytes(part))
        return n_rows

    def add_file(self, name: str, path: Path, sha256: str) -> None:
        """Add a file whose digest was found to be right just now."""
        with path.open("rb") as stream:
            self._add(name, path.stat().st_size, stream, sha256)

    def finish(self) -> None:
        """Add the digests of all members, and the end of the archive."""
        self.add(SUMS, "".join(self._sums).encode("ascii"))
        self._stream.write(bytes(2 * tarfile.BLOCKSIZE))

    def _add(self, name: str, size: int, stream: IO[bytes], sha256: str) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o644
        # This form needs no further headers for files of any size, which a strict reader would have to trust.
        self._stream.write(member.tobuf(tarfile.GNU_FORMAT, "ascii", "strict"))
        left = size
        while left and (block := stream.read(min(left, _BLOCK))):
            self._stream.write(block)
            left -= len(block)
        if left:
            raise DumpError(f"The file of {name} became shorter while it was read. Nothing was dumped. Try again.")
        self._stream.write(bytes(-size % tarfile.BLOCKSIZE))
        self._sums.append(f"{sha256}  {name}\n")


class DigestingStream(io.RawIOBase):
    """Passes on what is written, and knows its size and digest."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, block: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        """Take a block."""
        self._stream.write(block)
        self._digest.update(block)
        self.size += len(block)
        return len(block)

    def sha256(self) -> str:
        """Return the digest of all that was written."""
        return self._digest.hexdigest()


@contextmanager
def packed(stream: IO[bytes], *, is_compressed: bool) -> Iterator[IO[bytes]]:
    """Yield a stream whose content arrives compressed with gzip, or as it is."""
    if not is_compressed:
        yield stream
        return
    # Without the time, so that the same content is the same file.
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=GZIP_LEVEL, mtime=0) as compressed:
        yield cast("IO[bytes]", compressed)
