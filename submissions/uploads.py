"""Files on their way: rows of what is to come, and the parts that have arrived, in a folder of their own.

The size of the part on the disk is the truth of how much has arrived, so that a killed server loses nothing. A part
becomes an artifact only after all of it was read again and found to have the digest that its sender declared.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import func, true
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from submissions.account_tables import Account, Role, Upload
from submissions.api_errors import (
    ConflictError,
    DigestError,
    NotFoundError,
    QuotaError,
    StorageFullError,
    TooLargeError,
)
from submissions.api_settings import get_api_settings
from submissions.artifacts import artifact_store, digest_of
from submissions.settings import get_settings
from submissions.tables import Artifact, Submission, SubmittedRun, now
from submissions.visibility import is_seen_by

MB = 2**20
MOST_WAITING = 2000
"""Files of one account that are on their way or not handed in yet."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a sender says of a file before it is sent."""

    sha256: str
    size: int
    filename: str


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


def begin(session: Session, account: Account, declared: Declared) -> Upload:
    """Announce a file; one that this account has sent, or begun to send, is not sent again.

    Raises:
        TooLargeError: It is larger than what is taken in.
        QuotaError: The account has too much on its way.
        StorageFullError: The disk has no room for it.
    """
    known = _known(session, account, declared.sha256)
    if known is not None and _is_of_use(session, known, declared):
        return known
    if known is not None:
        discard(session, known)
    _refuse_too_large(declared.size)
    upload = Upload(account_id=account.id, sha256=declared.sha256, size=declared.size, filename=declared.filename)
    if _is_at_hand(session, account, declared):
        upload.completed_at = now()
    else:
        _refuse_over_quota(session, account, declared.size)
        refuse_full_disk(declared.size)
    try:
        with session.begin_nested():
            session.add(upload)
    except IntegrityError:
        # The same was begun at this very moment by another request.
        known = _known(session, account, declared.sha256)
        if known is None:
            raise
        return known
    return upload


def own_upload(session: Session, upload_id: UUID, account: Account) -> Upload:
    """Return an upload of an account.

    Raises:
        NotFoundError: It has none of that id.
    """
    found = session.get(Upload, upload_id, populate_existing=True)
    if found is None or found.account_id != account.id:
        raise NotFoundError(f"There is no upload {upload_id} of yours. Begin one: POST /api/v1/uploads")
    return found


def discard(session: Session, upload: Upload) -> None:
    """Forget an upload with what has arrived; an artifact that came of it stays."""
    part_of(upload.id).unlink(missing_ok=True)
    session.delete(upload)
    session.flush()


def send_again(session: Session, account: Account, sha256: str) -> None:
    """Have an account send a file anew, as what is stored of it is gone or damaged."""
    known = _known(session, account, sha256)
    if known is not None and known.completed_at is not None:
        known.completed_at = None
        session.add(known)


@contextmanager
def appending(upload: Upload) -> Iterator[BinaryIO]:
    """Open the part of an upload for more of it, for one sender at a time.

    Raises:
        ConflictError: Another request is sending it.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with part_of(upload.id).open("ab", buffering=0) as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(
                f"Another request is sending upload {upload.id}. Wait until it has ended, then ask how much arrived."
            ) from None
        yield part


def finish(upload: Upload) -> None:
    """Turn a complete part into an artifact, once it was read and found to be what was declared.

    Raises:
        DigestError: It is something else; the part is gone then.
        ArtifactError: It cannot be stored.
    """
    path = part_of(upload.id)
    with path.open("rb") as part:
        os.fsync(part.fileno())
    found = digest_of(path)
    if found.sha256 != upload.sha256:
        path.unlink(missing_ok=True)
        raise DigestError(
            f"{upload.filename}: expected SHA-256 {upload.sha256}, as declared, found {found.sha256}. What arrived was"
            " discarded. Check the file, then upload it again."
        )
    artifact_store().adopt(path, upload.sha256, upload.size)


def clear_abandoned(session: Session, *, older_seconds: float) -> int:
    """Forget uploads that nobody went on with for so long, and parts without a row; return how many."""
    n_cleared, limit = 0, time.time() - older_seconds
    unfinished = session.exec(select(Upload).where(col(Upload.completed_at).is_(None))).all()
    for upload in unfinished:
        if _last_touched(upload) < limit:
            discard(session, upload)
            n_cleared += 1
    known = {part_of(upload.id).name for upload in unfinished}
    for path in folder().glob("*.part") if folder().is_dir() else ():
        with suppress(FileNotFoundError):
            if path.name not in known and path.stat().st_mtime < limit:
                path.unlink()
                n_cleared += 1
    return n_cleared


def _last_touched(upload: Upload) -> float:
    with suppress(FileNotFoundError):
        return part_of(upload.id).stat().st_mtime
    return upload.created_at.timestamp()


def _known(session: Session, account: Account, sha256: str) -> Upload | None:
    own = select(Upload).where(col(Upload.account_id) == account.id, col(Upload.sha256) == sha256)
    return session.exec(own.execution_options(populate_existing=True)).first()


def _is_of_use(session: Session, known: Upload, declared: Declared) -> bool:
    if known.size != declared.size:
        return False
    return known.completed_at is None or artifact_store().holds(known.sha256, known.size)


def _is_at_hand(session: Session, account: Account, declared: Declared) -> bool:
    """Whether the content is in a submission that this account sees: of others' private files it must not learn."""
    return is_handed_in(session, account, declared.sha256) and artifact_store().holds(declared.sha256, declared.size)


def is_handed_in(session: Session, viewer: Account | None, sha256: str) -> bool:
    """Whether an artifact belongs to a submission that somebody sees."""
    return _belongs(session, sha256, is_seen_by(viewer))


def is_own_file(session: Session, account: Account, sha256: str) -> bool:
    """Whether an artifact belongs to a submission of an account; every one is an admin's own."""
    own = true() if account.role is Role.ADMIN else col(Submission.account_id) == account.id
    return _belongs(session, sha256, own)


def _belongs(session: Session, sha256: str, condition: Any) -> bool:
    of_run = (col(SubmittedRun.artifact_sha256) == sha256) | (col(SubmittedRun.split_file_sha256) == sha256)
    return (
        session.exec(
            select(Artifact.sha256)
            .where(col(Artifact.sha256) == sha256)
            .join(SubmittedRun, of_run)
            .join(Submission, col(Submission.id) == col(SubmittedRun.submission_id))
            .where(condition)
            .limit(1)
        ).first()
        is not None
    )


def _refuse_too_large(size: int) -> None:
    most = get_settings().max_file_mb * MB
    if size > most:
        raise TooLargeError(
            f"size: expected at most {most:,} bytes (REMATCH_MAX_FILE_MB), found {size:,}. Saving a matrix as float16"
            " halves it."
        )


def _refuse_over_quota(session: Session, account: Account, size: int) -> None:
    most = get_api_settings().upload_unfinished_mb * MB
    # What arrived and was never handed in counts too: it is cleared away after a day.
    waiting = select(func.coalesce(func.sum(Upload.size), 0), func.count()).where(
        col(Upload.account_id) == account.id,
        ~select(Artifact.sha256).where(col(Artifact.sha256) == col(Upload.sha256)).exists(),
    )
    used, number = session.exec(waiting).one()
    if number >= MOST_WAITING:
        raise QuotaError(
            f"Files that are on their way or not handed in yet: at most {MOST_WAITING:,} of one account. Hand in or"
            " delete what you have uploaded first."
        )
    if used + size > most:
        raise QuotaError(
            f"Files that are on their way or not handed in yet: at most {most:,} bytes for one account, found {used:,}"
            f" and {size:,} more. Hand in or delete what you have uploaded first."
        )


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
