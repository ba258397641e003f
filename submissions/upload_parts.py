"""The parts of files that have arrived, in a folder of their own on the disk of the API.

The size of a part is the truth of how much has arrived, so that a killed server loses nothing. A part becomes an
artifact only after all of it was read again and found to have the digest that its sender declared.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from submissions.account_tables import Upload
from submissions.api_errors import ConflictError, DigestError, StorageFullError
from submissions.api_settings import get_api_settings
from submissions.artifacts import artifact_store, digest_of
from submissions.settings import get_settings

MB = 2**20


def folder() -> Path:
    """Return where the parts are."""
    return get_settings().home.absolute() / "uploads"


def part_of(upload_id: UUID) -> Path:
    """Return where the part of an upload is, or would be."""
    return folder() / f"{upload_id}.part"


def arrived(upload: Upload) -> int:
    """Return how many bytes of an upload have arrived."""
    if upload.completed_at is not None:
        return upload.size
    with suppress(FileNotFoundError):
        return part_of(upload.id).stat().st_size
    return 0


@contextmanager
def appending(upload_id: UUID) -> Iterator[BinaryIO]:
    """Open the part of an upload for more of it, for one request at a time.

    Raises:
        ConflictError: Another request has it open.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with part_of(upload_id).open("ab", buffering=0) as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(
                f"Another request is sending upload {upload_id}. Wait until it has ended, then ask how much arrived."
            ) from None
        yield part


def write_all(part: BinaryIO, block: bytes) -> None:
    """Write a block, all of it or nothing.

    Raises:
        StorageFullError: The disk is full.
    """
    before, rest = part.seek(0, os.SEEK_END), memoryview(block)
    try:
        while rest:
            rest = rest[part.write(rest) :]
    except OSError as error:
        part.truncate(before)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFullError(
                "The disk of this board is full. What has arrived stays: go on later, from Upload-Offset."
            ) from error
        raise


def remove(upload_id: UUID) -> None:
    """Remove the part of an upload.

    Raises:
        ConflictError: It is being sent: its bytes would stay on the disk as long as that goes on.
    """
    path = part_of(upload_id)
    if path.exists():
        with appending(upload_id):
            path.unlink(missing_ok=True)


def finish(upload: Upload) -> None:
    """Turn a complete part into an artifact, once it was read and found to be what was declared.

    Raises:
        DigestError: It is something else.
        ArtifactError: It cannot be stored.
    """
    path = part_of(upload.id)
    found = digest_of(path)
    if found.sha256 != upload.sha256:
        raise DigestError(
            f"{upload.filename}: expected SHA-256 {upload.sha256}, as declared, found {found.sha256}. What arrived was"
            " discarded. Check the file, then upload it again."
        )
    artifact_store().adopt(path, upload.sha256, upload.size)


def refuse_full_disk(more: int) -> None:
    """Refuse what would leave too little space on the disk.

    Raises:
        StorageFullError: It would.
    """
    place = folder()
    while not place.exists():
        place = place.parent
    free, kept = shutil.disk_usage(place).free, get_api_settings().min_free_mb * MB
    if free - more < kept:
        raise StorageFullError(
            f"This board has no room for {more:,} more bytes at the moment. Its operator can free some"
            " (REMATCH_MIN_FREE_MB is kept free). What has arrived stays: go on later."
        )
