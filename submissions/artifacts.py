"""Files as they were handed in, stored under their SHA-256 and never changed.

Files are copied and never linked: an edit of the original afterwards must not reach the store. A published file stays
marked as unsettled until the records that refer to it are committed, so that what a failed or killed hand-in left can
be told from what belongs to somebody, without a look through the whole store.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from submissions.errors import ArtifactError

BLOCK = 2**20
STAGING = ".staging"
UNSETTLED = ".unsettled"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The identity of a stored file."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """A folder of files named by their content."""

    root: Path

    def location(self, sha256: str) -> Path:
        """Return where a file of that content lies or would lie."""
        return self.root / sha256[:2] / sha256

    def keep(self, files: Mapping[str, Path]) -> None:
        """Copy files into the store, all or none, each complete, flushed and under its final name.

        A file that is stored already is replaced by the copy, which mends a damaged one.

        Args:
            files: By the SHA-256 that the content had when it was checked.

        Raises:
            ArtifactError: One cannot be copied, or its content changed since the check.
        """
        with ExitStack() as staging:
            staged = {sha256: staging.enter_context(self._staged(path, sha256)) for sha256, path in files.items()}
            for sha256, temporary in staged.items():
                with self._explained(files[sha256]):
                    self._publish(temporary, sha256)

    def settle(self, digests: Iterable[str]) -> None:
        """Note that published files are referred to by committed records."""
        # A mark that stays is looked at again by whoever clears leftovers away.
        with suppress(OSError):
            for sha256 in digests:
                self.mark(sha256).unlink(missing_ok=True)

    def open_path(self, sha256: str, size: int) -> Path:
        """Return the path of a stored file, for reading, once all of it was read and found to be as handed in.

        Raises:
            ArtifactError: It is missing or damaged.
        """
        path = self.location(sha256)
        if not path.is_file():
            raise ArtifactError(
                f"The stored file {sha256} is missing from {self.root}. Restore that folder from its backup, or point"
                " REMATCH_ARTIFACTS_URL to the folder that holds it."
            )
        found = path.stat().st_size
        # A file of another size need not be read to be known as damaged.
        if found != size or digest_of(path).sha256 != sha256:
            raise ArtifactError(
                f"The stored file {sha256} is damaged: expected {size:,} bytes with that SHA-256, found {found:,} bytes"
                f"{' with another' if found == size else ''}. Restore {path} from a backup, or hand the same in again."
            )
        return path

    def holds(self, sha256: str, size: int) -> bool:
        """Whether a file is stored, without a look at its content."""
        path = self.location(sha256)
        return path.is_file() and path.stat().st_size == size

    def adopt(self, path: Path, sha256: str, size: int) -> None:
        """Move a file whose digest was verified into the store."""
        self.root.mkdir(parents=True, exist_ok=True)
        path.chmod(0o444)
        self._publish(path, sha256)

    def is_whole(self, stored: StoredFile) -> bool:
        """Whether a file is stored and undamaged."""
        try:
            self.open_path(stored.sha256, stored.size)
        except (ArtifactError, OSError):
            return False
        return True

    @contextmanager
    def _staged(self, source: Path, sha256: str) -> Iterator[Path]:
        with self._explained(source):
            folder = self.root / STAGING
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder)
        temporary = Path(name)
        try:
            with self._explained(source), os.fdopen(handle, "wb") as target:
                stored = _copy(source, target.write)
                target.flush()
                os.fsync(target.fileno())
                temporary.chmod(0o444)
            if stored.sha256 != sha256:
                raise ArtifactError(
                    f"{source} changed while it was being handed in. Wait until it is complete, then submit again."
                )
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _publish(self, temporary: Path, sha256: str) -> None:
        mark, final = self.mark(sha256), self.location(sha256)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        final.parent.mkdir(exist_ok=True)
        temporary.replace(final)
        # The new name itself survives a power cut only once its folder is flushed too.
        for folder in (final.parent, self.root):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def mark(self, sha256: str) -> Path:
        """Return the file that marks another as published and not yet settled."""
        return self.root / UNSETTLED / sha256

    @contextmanager
    def _explained(self, source: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArtifactError(
                f"{source} cannot be stored under {self.root}: {os.strerror(error.errno or 0)}."
                " Check the free space and the permissions of that folder (REMATCH_ARTIFACTS_URL)."
            ) from error


def artifact_store() -> ArtifactStore:
    """Return the store that the settings name."""
    from submissions.settings import get_settings

    return ArtifactStore(get_settings().artifacts)


def digest_of(path: Path) -> StoredFile:
    """Read a file in blocks and return its digest and size.

    Raises:
        OSError: It cannot be read.
    """
    return _copy(path, lambda block: None)


def _copy(source: Path, write: Callable[[memoryview], object]) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(BLOCK))
    with source.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            digest.update(buffer[:count])
            write(buffer[:count])
            size += count
    return StoredFile(digest.hexdigest(), size)
