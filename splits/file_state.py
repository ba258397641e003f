"""What can be seen of a file without reading it, and digests that are taken again only where that changed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from splits.digest import sha256_of_file

DigestOfFile = Callable[[Path], str]

SETTLED_SECONDS = 2.0
"""The times of a file are no finer than its disk keeps them: one changed just now may change once more unseen."""


@dataclass(frozen=True, slots=True)
class FileState:
    """Which file a path leads to, links followed, and when it was changed: writing to it changes one of these."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int
    """Unlike the time before, nobody can set it back."""

    @classmethod
    def of(cls, path: Path) -> "FileState":
        """Look at a file.

        Raises:
            OSError: It is not there, or may not be reached.
        """
        found = path.stat()
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    @property
    def is_settled(self) -> bool:
        """Whether a change from now on would be seen."""
        return max(self.modified_ns, self.changed_ns) < time.time_ns() - SETTLED_SECONDS * 1e9


@dataclass(slots=True)
class FileDigests:
    """The digests of files that a process has read, each good for as long as its file stays as it was."""

    _known: dict[Path, tuple[FileState, str]] = field(default_factory=dict)

    def of(self, path: Path) -> str:
        """Return the SHA-256 of a file, reading it unless it was read before and is the same still; from any thread.

        Raises:
            OSError: It cannot be read.
        """
        state = FileState.of(path)
        known = self._known.get(path)
        if known is not None and known[0] == state:
            return known[1]
        is_settled = state.is_settled
        digest = sha256_of_file(path)
        if is_settled:
            self._known[path] = (state, digest)
        return digest
