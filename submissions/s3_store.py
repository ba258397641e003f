"""The store of files in a bucket of an S3-compatible server, laid out as in a folder, with copies on this machine."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from submissions.artifact_cache import ArtifactCache
from submissions.artifacts import StoredFile, changed_message, damaged_message, digest_of
from submissions.errors import ArtifactError
from submissions.s3_bucket import S3Bucket
from submissions.s3_place import S3Place

STAGING = ".staging"
UNSETTLED = ".unsettled"


@dataclass(frozen=True, slots=True)
class S3Store:
    """A bucket of files named by their content; see `ArtifactStore`."""

    place: S3Place
    cache: ArtifactCache
    """The copies on this machine."""

    @property
    def bucket(self) -> S3Bucket:
        """What is done with its objects."""
        return S3Bucket(self.place)

    def key(self, sha256: str) -> str:
        """Return the name of the object with that content."""
        return self.place.key(sha256[:2], sha256)

    def mark(self, sha256: str) -> str:
        """Return the name of the object that marks another as published and not yet settled."""
        return self.place.key(UNSETTLED, sha256)

    def keep(self, files: Mapping[str, Path]) -> None:
        """Send files, none if one changed since it was checked; see `ArtifactStore`."""
        for sha256, path in files.items():
            with _explained(path):
                if digest_of(path).sha256 != sha256:
                    raise ArtifactError(changed_message(path))
        for sha256, path in files.items():
            self._keep(sha256, path)

    def adopt(self, path: Path, sha256: str, size: int) -> None:
        """Send a file, which becomes the copy on this machine; see `ArtifactStore`."""
        with _explained(path):
            found = path.stat().st_size
        if found != size:
            raise ArtifactError(f"{path} has {found:,} bytes where {size:,} were announced. Send it again.")
        self._keep(sha256, path)
        if not self.cache.is_copy(path, sha256):
            self.cache.take(path, StoredFile(sha256, size))

    def settle(self, digests: Iterable[str]) -> None:
        """Remove the marks; see `ArtifactStore`."""
        # A mark that stays is looked at again by whoever clears leftovers away.
        with suppress(ArtifactError):
            for sha256 in digests:
                self.bucket.remove(self.mark(sha256))

    def holds(self, sha256: str, size: int) -> bool:
        """Whether the object is there and of that size; see `ArtifactStore`."""
        return self.bucket.size_of(self.key(sha256)) == size

    def open_path(self, sha256: str, size: int) -> Path:
        """Return the copy on this machine, fetched unless it is here; see `ArtifactStore`."""
        wanted = StoredFile(sha256, size)
        return self.cache.path(wanted, lambda stream: self._fetch(wanted, stream))

    def is_whole(self, stored: StoredFile) -> bool:
        """Whether the object itself, whatever copies there are, is undamaged; see `ArtifactStore`."""
        if not self.holds(stored.sha256, stored.size):
            return False
        digest = hashlib.sha256()
        self.bucket.read(self.key(stored.sha256), digest.update)
        return digest.hexdigest() == stored.sha256

    def remove_unfinished(self, older_seconds: float) -> int:
        """Remove what was set aside, and uploads that were never completed; see `ArtifactStore`."""
        n_removed = 0
        for key in self.bucket.old_keys(self.place.folder(STAGING), older_seconds):
            self.bucket.remove(key)
            n_removed += 1
        for upload in self.bucket.unfinished(self.place.folder(), older_seconds):
            sha256 = upload.key.rpartition("/")[2]
            # In a bucket without a prefix there may be uploads of others.
            if upload.key == self.key(sha256) and self._is_left(sha256, older_seconds):
                self.bucket.abort(upload)
                n_removed += 1
        return n_removed

    def unsettled(self, older_seconds: float) -> Iterator[str]:
        """Return what has an old mark; see `ArtifactStore`."""
        keys = self.bucket.old_keys(self.place.folder(UNSETTLED), older_seconds)
        return (key.rpartition("/")[2] for key in keys)

    def discard(self, sha256: str, older_seconds: float) -> bool:
        """Remove an object that nothing refers to; see `ArtifactStore`."""
        final, aside = self.key(sha256), self.place.key(STAGING, f"{sha256}.leftover")
        if self.bucket.size_of(final) is not None:
            self.bucket.copy(final, aside)
            self.bucket.remove(final)
        # Whoever hands it in renews the mark before the object, and takes it away last.
        is_left = self.bucket.is_old(self.mark(sha256), older_seconds)
        if is_left:
            self.bucket.remove(self.mark(sha256))
        elif self.bucket.size_of(final) is None and self.bucket.size_of(aside) is not None:
            self.bucket.copy(aside, final)
        self.bucket.remove(aside)
        return is_left

    def _keep(self, sha256: str, path: Path) -> None:
        self.bucket.put_empty(self.mark(sha256))
        with _explained(path):
            if self.cache.is_copy(path, sha256) and self.holds(sha256, path.stat().st_size):
                return
            self.bucket.upload(path, sha256, self.key(sha256))

    def _is_left(self, sha256: str, older_seconds: float) -> bool:
        mark = self.mark(sha256)
        return self.bucket.size_of(mark) is None or self.bucket.is_old(mark, older_seconds)

    def _fetch(self, wanted: StoredFile, stream: IO[bytes]) -> None:
        found = self.bucket.size_of(self.key(wanted.sha256))
        if found is None:
            raise ArtifactError(
                f"The stored file {wanted.sha256} is missing from {self.place}. Restore it from a backup, or point"
                " REMATCH_ARTIFACTS_URL to the store that holds it."
            )
        if found != wanted.size:
            raise ArtifactError(damaged_message(wanted, found, f"it in {self.place}"))
        self.bucket.download(self.key(wanted.sha256), stream)


@contextmanager
def _explained(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise ArtifactError(f"{source} cannot be read to be stored: {reason}. Check its permissions.") from error
