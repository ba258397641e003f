"""Files on their way: what each account announced, how far it is, and what becomes of what nobody goes on with.

Whether anybody else has the same content makes no difference to what an account is told: a digest must not tell of
private files.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from submissions import upload_parts
from submissions.account_tables import Account, Upload
from submissions.accounts import hold_still
from submissions.api_errors import ConflictError, NotFoundError, QuotaError, TooLargeError
from submissions.api_settings import get_api_settings
from submissions.artifacts import artifact_store
from submissions.file_access import is_content_of_run, is_handed_in
from submissions.settings import get_settings
from submissions.tables import Artifact, Submission, SubmittedRun, now
from submissions.upload_parts import MB

MOST_WAITING = 2000
"""Files of one account that are on their way or not handed in yet."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a sender says of a file before it is sent."""

    sha256: str
    size: int
    filename: str


def begin(session: Session, account: Account, declared: Declared) -> Upload:
    """Announce a file; one that this account has sent, or begun to send, is not sent again.

    Raises:
        TooLargeError: It is larger than what is taken in.
        QuotaError: The account has too much on its way.
        StorageFullError: The disk has no room for it.
    """
    # Two requests at once must not both find room for one.
    hold_still(session, account)
    known = _known(session, account, declared.sha256)
    if known is not None and _is_of_use(known, declared):
        return known
    if known is not None:
        discard(session, known)
    _refuse_too_large(declared.size)
    upload = Upload(account_id=account.id, sha256=declared.sha256, size=declared.size, filename=declared.filename)
    if _is_at_hand(session, account, declared):
        upload.completed_at = now()
    else:
        _refuse_over_quota(session, account, declared.size)
        upload_parts.refuse_full_disk(declared.size)
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


def waiting_uploads(session: Session, account: Account) -> Sequence[Upload]:
    """List what an account has on its way or has not handed in yet, oldest first."""
    return session.exec(select(Upload).where(*_waiting(account)).order_by(col(Upload.created_at))).all()


def discard(session: Session, upload: Upload) -> None:
    """Forget an upload with what has arrived; an artifact that came of it stays.

    Raises:
        ConflictError: It is being sent.
    """
    upload_parts.remove(upload.id)
    session.delete(upload)
    session.flush()


def send_again(session: Session, account: Account, sha256: str) -> None:
    """Have an account send a file anew, as what is stored of it is gone or damaged."""
    known = _known(session, account, sha256)
    if known is not None and known.completed_at is not None:
        known.completed_at = None
        session.add(known)


def clear_abandoned(session: Session, *, older_seconds: float) -> int:
    """Forget uploads that nobody went on with for so long, and parts without a row; return how many.

    What arrived and was never handed in is forgotten once it is cleared away from the store of files.
    """
    limit = time.time() - older_seconds
    abandoned = [one for one in _all(session, complete=False) if _last_touched(one) < limit]
    unused = [
        one
        for one in _all(session, complete=True)
        if one.completed_at is not None
        and one.completed_at < now() - timedelta(seconds=older_seconds)
        and session.get(Artifact, one.sha256) is None
        and not artifact_store().holds(one.sha256, one.size)
    ]
    n_cleared = 0
    for one in [*abandoned, *unused]:
        with suppress(ConflictError):
            discard(session, one)
            n_cleared += 1
    return n_cleared + _remove_unknown_parts(session, limit)


def _remove_unknown_parts(session: Session, limit: float) -> int:
    known, n_removed = {upload_parts.part_of(one.id).name for one in _all(session, complete=False)}, 0
    place = upload_parts.folder()
    for path in place.glob("*.part") if place.is_dir() else ():
        with suppress(FileNotFoundError):
            if path.name not in known and path.stat().st_mtime < limit:
                path.unlink()
                n_removed += 1
    return n_removed


def _all(session: Session, *, complete: bool) -> Sequence[Upload]:
    ended = col(Upload.completed_at)
    return session.exec(select(Upload).where(ended.is_not(None) if complete else ended.is_(None))).all()


def _last_touched(upload: Upload) -> float:
    with suppress(FileNotFoundError):
        return upload_parts.part_of(upload.id).stat().st_mtime
    return upload.created_at.timestamp()


def _known(session: Session, account: Account, sha256: str) -> Upload | None:
    own = select(Upload).where(col(Upload.account_id) == account.id, col(Upload.sha256) == sha256)
    return session.exec(own.execution_options(populate_existing=True)).first()


def _is_of_use(known: Upload, declared: Declared) -> bool:
    if known.size != declared.size:
        return False
    return known.completed_at is None or artifact_store().holds(known.sha256, known.size)


def _is_at_hand(session: Session, account: Account, declared: Declared) -> bool:
    """Whether the content is in a submission that this account sees."""
    return is_handed_in(session, account, declared.sha256) and artifact_store().holds(declared.sha256, declared.size)


def _refuse_too_large(size: int) -> None:
    most = get_settings().max_file_mb * MB
    if size > most:
        raise TooLargeError(
            f"size: expected at most {most:,} bytes (REMATCH_MAX_FILE_MB), found {size:,}. Saving a matrix as float16"
            " halves it."
        )


def _refuse_over_quota(session: Session, account: Account, size: int) -> None:
    most = get_api_settings().upload_unfinished_mb * MB
    waiting = select(func.coalesce(func.sum(Upload.size), 0), func.count()).where(*_waiting(account))
    used, number = session.exec(waiting).one()
    if number >= MOST_WAITING or used + size > most:
        raise QuotaError(
            f"Files that are on their way or not handed in yet: at most {MOST_WAITING:,} of one account with {most:,}"
            f" bytes, found {number:,} with {used:,} and {size:,} more. Hand in or delete what you have uploaded first"
            " (GET /api/v1/uploads); what is not handed in is cleared away after a day."
        )


def _waiting(account: Account) -> list[Any]:
    """Return the conditions for what counts: also what arrived and was never handed in."""
    handed_in = (
        select(SubmittedRun.id)
        .join(Submission, col(Submission.id) == col(SubmittedRun.submission_id))
        .where(col(Submission.account_id) == account.id, is_content_of_run(col(Upload.sha256)))
        .correlate(Upload)
        .exists()
    )
    return [col(Upload.account_id) == account.id, or_(col(Upload.completed_at).is_(None), ~handed_in)]
