"""Files as they were handed in, stored under their SHA-256 and never changed.

Files are copied and never linked: an edit of the original afterwards must not reach the store.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from submissions.errors import ArtifactError

BLOCK = 2**20
STAGING = ".staging"


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

    def keep(self, source: Path, *, expected: str | None = None) -> StoredFile:
        """Copy a file into the store: complete, flushed and under its final name, or not at all.

        Args:
            source: The file.
            expected: The SHA-256 that its content had when it was checked.

        Raises:
            ArtifactError: It cannot be copied, or its content changed since the check.
        """
        try:
            with self._staged(source) as (temporary, stored):
                if expected is not None and stored.sha256 != expected:
                    raise ArtifactError(
                        f"{source} changed while it was being handed in. Wait until it is complete, then submit again."
                    )
                if not self._has(stored):
                    self._publish(temporary, self.location(stored.sha256))
        except OSError as error:
            raise ArtifactError(
                f"{source} cannot be stored under {self.root}: {os.strerror(error.errno or 0)}."
                " Check the free space and the permissions of that folder (REMATCH_ARTIFACTS_URL)."
            ) from error
        return stored

    def open_path(self, sha256: str, size: int, *, verify: bool = False) -> Path:
        """Return the path of a stored file, for reading, once it is known to be whole.

        Args:
            sha256: Its content's digest.
            size: Its size in bytes.
            verify: Whether to read it all and compare the digest as well.

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
        if found != size or (verify and digest_of(path).sha256 != sha256):
            raise ArtifactError(
                f"The stored file {sha256} is damaged: expected {size:,} bytes with that SHA-256, found {found:,} bytes"
                f"{' with another' if found == size else ''}. Restore {path} from a backup."
            )
        return path

    def _has(self, stored: StoredFile) -> bool:
        with suppress(ArtifactError):
            self.open_path(stored.sha256, stored.size)
            return True
        return False

    @contextmanager
    def _staged(self, source: Path) -> Iterator[tuple[Path, StoredFile]]:
        folder = self.root / STAGING
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                stored = _copy(source, target.write)
                target.flush()
                os.fsync(target.fileno())
            temporary.chmod(0o444)
            yield temporary, stored
        finally:
            temporary.unlink(missing_ok=True)

    def _publish(self, temporary: Path, final: Path) -> None:
        final.parent.mkdir(exist_ok=True)
        temporary.replace(final)
        # The new name itself survives a power cut only once its folder is flushed too.
        for folder in (final.parent, self.root):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


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
