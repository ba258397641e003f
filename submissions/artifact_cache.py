"""Copies, on this machine, of files in a store that is elsewhere: fetched once, whole, bounded, shared by processes.

A copy that is open carries a lock and is not removed. Locks end with the process that has them, so a killed one leaves
nothing behind but a part that nobody takes for a whole file.
"""

import logging
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from submissions.artifacts import StoredFile, damaged_message, digest_of
from submissions.errors import ArtifactError
from submissions.file_locks import alone, open_anew, open_shared, remove_unused
from submissions.held_files import hold

logger = logging.getLogger(__name__)

STAGING = ".staging"


@dataclass(frozen=True, slots=True)
class ArtifactCache:
    """A folder of copies, each named by its SHA-256."""

    folder: Path
    most_bytes: int
    """What is used longest ago goes before this is exceeded; what is in use is never removed."""

    def location(self, sha256: str) -> Path:
        """Return where the copy of a file lies or would lie."""
        return self.folder / sha256

    def is_copy(self, path: Path, sha256: str) -> bool:
        """Whether a path is that of the copy of a file."""
        try:
            return path.samefile(self.location(sha256))
        except OSError:
            return False

    def path(self, wanted: StoredFile, fetch: Callable[[IO[bytes]], None]) -> Path:
        """Return the copy of a file, all of which was read and found whole; it is fetched unless it is here.

        Args:
            wanted: The file.
            fetch: Writes it, anywhere in a file that has its size already.

        Raises:
            ArtifactError: It cannot be fetched or kept here, or what was fetched is another file.
        """
        with self._explained():
            (self.folder / STAGING).mkdir(parents=True, exist_ok=True)
            found = self._whole(wanted)
            while found is None:
                self._fetch(wanted, fetch)
                found = open_shared(self.location(wanted.sha256))
            os.utime(found.name)
            hold(found)
        return self.location(wanted.sha256)

    def take(self, path: Path, stored: StoredFile) -> None:
        """Take a file from where it lies; it becomes the copy where that costs nothing, and is removed elsewhere."""
        with self._explained():
            (self.folder / STAGING).mkdir(parents=True, exist_ok=True)
            with self._room_for(stored.size):
                path.chmod(0o444)
                try:
                    path.replace(self.location(stored.sha256))
                except OSError:
                    path.unlink(missing_ok=True)
                else:
                    os.utime(self.location(stored.sha256))

    def _whole(self, wanted: StoredFile) -> IO[bytes] | None:
        """Open the copy, if there is one; a damaged one is removed."""
        found = open_shared(self.location(wanted.sha256))
        if found is None or digest_of(self.location(wanted.sha256)) == wanted:
            return found
        logger.warning("The copy of %s in %s was damaged; it is fetched again.", wanted.sha256, self.folder)
        found.close()
        self.location(wanted.sha256).unlink(missing_ok=True)
        return None

    def _fetch(self, wanted: StoredFile, fetch: Callable[[IO[bytes]], None]) -> None:
        with alone(self.folder / STAGING / f"{wanted.sha256}.lock"):
            earlier = self._whole(wanted)
            if earlier is not None:
                # Another one fetched it while this one waited.
                earlier.close()
                return
            part = self.folder / STAGING / f"{wanted.sha256}.part"
            with self._begun(part, wanted.size) as stream:
                fetch(stream)
                stream.flush()
                self._publish(part, wanted)

    @contextmanager
    def _begun(self, part: Path, size: int) -> Iterator[IO[bytes]]:
        with ExitStack() as stack:
            with self._room_for(size):
                stream = stack.enter_context(open_anew(part))
                stack.callback(part.unlink, missing_ok=True)
                # What it will need counts from now on, for others as well.
                stream.truncate(size)
            yield stream

    def _publish(self, part: Path, wanted: StoredFile) -> None:
        found = digest_of(part)
        if found != wanted:
            raise ArtifactError(damaged_message(wanted, found.size))
        part.chmod(0o444)
        part.replace(self.location(wanted.sha256))

    @contextmanager
    def _room_for(self, n_bytes: int) -> Iterator[None]:
        """Make room, and let nobody else count until it is taken."""
        with alone(self.folder / STAGING / "room.lock"):
            self._make_room(n_bytes)
            yield

    def _make_room(self, n_bytes: int) -> None:
        for left in (self.folder / STAGING).iterdir():
            remove_unused(left)
        arriving, copies = _files_in(self.folder / STAGING), _files_in(self.folder)
        excess = sum(file.size for file in (*arriving, *copies)) + n_bytes - self.most_bytes
        for copy in sorted(copies, key=lambda file: file.used_at):
            if excess > 0 and remove_unused(copy.path):
                excess -= copy.size
        if excess > 0:
            more = -(-excess // 2**20)
            logger.warning("%s needs %d MB more than REMATCH_ARTIFACT_CACHE_MB: the rest is in use.", self.folder, more)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArtifactError(
                f"No copy of a stored file can be kept in {self.folder}: {os.strerror(error.errno or 0)}. Check the"
                " free space and the permissions of that folder (REMATCH_HOME, REMATCH_ARTIFACT_CACHE_MB)."
            ) from error


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    size: int
    used_at: float


def _files_in(folder: Path) -> list[_File]:
    found = []
    for path in folder.iterdir():
        try:
            state = path.stat()
        except FileNotFoundError:
            # It arrived, or was removed, at this moment.
            continue
        if stat.S_ISREG(state.st_mode):
            found.append(_File(path, state.st_size, state.st_mtime))
    return found
