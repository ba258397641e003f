"""Files as they were handed in, stored under their SHA-256 and never changed: what every store of them does.

A published file stays marked as unsettled until the records that refer to it are committed, so that what a failed or
killed hand-in left can be told from what belongs to somebody, without a look through the whole store.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The identity of a stored file."""

    sha256: str
    size: int


class ArtifactStore(Protocol):
    """A place for files that are named by their content: a folder, or a bucket of an S3-compatible server."""

    def keep(self, files: Mapping[str, Path]) -> None:
        """Copy files into the store, none if one is not as it was checked, each complete, flushed and unsettled.

        A file that is stored already is replaced by the copy, which mends a damaged one. Where the given file is
        itself what `open_path` returned, only its mark is renewed.

        Args:
            files: By the SHA-256 that the content had when it was checked.

        Raises:
            ArtifactError: One cannot be copied, or its content changed since the check.
        """

    def adopt(self, path: Path, sha256: str, size: int) -> None:
        """Publish a complete file under its digest, flushed and unsettled, and take it from where it lies.

        Args:
            path: The file; the caller verified its digest just now, and nobody else writes to it.
            sha256: Its digest.
            size: Its size in bytes.

        Raises:
            ArtifactError: It cannot be published, or is not of that size.
        """

    def settle(self, digests: Iterable[str]) -> None:
        """Note that published files are referred to by committed records."""

    def holds(self, sha256: str, size: int) -> bool:
        """Whether a file of that name and size is stored; its content is not read.

        Raises:
            ArtifactError: The store cannot be reached.
        """

    def open_path(self, sha256: str, size: int) -> Path:
        """Return a local path of a stored file, for reading, once all of it was read and found to be as handed in.

        What lies on this machine for a while only stays there as long as `files_held` says so.

        Raises:
            ArtifactError: It is missing or damaged, or the store cannot be reached.
        """

    def is_whole(self, stored: StoredFile) -> bool:
        """Whether a file is stored and undamaged, all of which is read.

        Raises:
            ArtifactError: The store cannot be reached.
        """

    def remove_unfinished(self, older_seconds: float) -> int:
        """Remove half copied files that were left so long ago; return how many files that were."""

    def unsettled(self, older_seconds: float) -> Iterator[str]:
        """Return the digests of what was marked as unsettled so long ago."""

    def discard(self, sha256: str, older_seconds: float) -> bool:
        """Remove a file that no record refers to, and its mark; False if it is being handed in again just now."""


def artifact_store() -> ArtifactStore:
    """Return the store that the settings name.

    Raises:
        SettingsError: They name none.
    """
    from submissions.folder_store import FolderStore
    from submissions.settings import get_settings

    settings = get_settings()
    place = settings.artifacts
    if isinstance(place, Path):
        return FolderStore(place)
    from submissions.artifact_cache import ArtifactCache
    from submissions.s3_store import S3Store

    return S3Store(place, ArtifactCache(settings.artifact_cache, settings.artifact_cache_mb * 2**20))


def digest_of(path: Path) -> StoredFile:
    """Read a file in blocks and return its digest and size.

    Raises:
        OSError: It cannot be read.
    """
    return copied(path, lambda block: None)


def copied(source: Path, write: Callable[[memoryview], object]) -> StoredFile:
    """Read a file in blocks, hand each on, and return the digest and size of all of it.

    Raises:
        OSError: It cannot be read, or what writes it fails.
    """
    digest, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(BLOCK))
    with source.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            digest.update(buffer[:count])
            write(buffer[:count])
            size += count
    return StoredFile(digest.hexdigest(), size)


def damaged_message(expected: StoredFile, found_size: int, what: str = "it") -> str:
    """Say that a stored file is no longer what was handed in, and how to mend it.

    Args:
        expected: What it was.
        found_size: How many bytes there are; as many as expected where they are others.
        what: What to restore.
    """
    return (
        f"The stored file {expected.sha256} is damaged: expected {expected.size:,} bytes with that SHA-256, found"
        f" {found_size:,} bytes{' with another' if found_size == expected.size else ''}. Restore {what} from a backup,"
        " or hand the same in again."
    )


def changed_message(source: Path) -> str:
    """Say that a file is no longer what was checked."""
    return f"{source} changed while it was being handed in. Wait until it is complete, then submit again."
