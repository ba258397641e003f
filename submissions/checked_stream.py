"""Read a file once while it is sent, and find at its end that it is no longer what was checked."""

import hashlib
from pathlib import Path
from types import TracebackType

from submissions.artifacts import changed_message
from submissions.errors import ArtifactError


class CheckedStream:
    """A file that is read from its beginning to its end, and cannot be read to its end if its digest is another.

    Whoever sends it in parts thus never comes to the point where the parts are put together.
    """

    def __init__(self, path: Path, sha256: str) -> None:
        """Open a file.

        Args:
            path: The file.
            sha256: What it must have.

        Raises:
            OSError: It cannot be opened.
        """
        self._path, self._sha256, self._digest = path, sha256, hashlib.sha256()
        self._stream = path.open("rb")

    def readable(self) -> bool:
        """Tell whoever sends it that this is something to read."""
        return True

    def seekable(self) -> bool:
        """Tell whoever sends it that every byte is read once."""
        return False

    def read(self, n_bytes: int = -1) -> bytes:
        """Return the next bytes; fewer than asked for at the end only.

        Raises:
            ArtifactError: This is the end, and what was read is not what was checked.
            OSError: It cannot be read.
        """
        found = self._stream.read(n_bytes)
        self._digest.update(found)
        if (n_bytes < 0 or len(found) < n_bytes) and self._digest.hexdigest() != self._sha256:
            raise ArtifactError(changed_message(self._path))
        return found

    def __enter__(self) -> "CheckedStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
