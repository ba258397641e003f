"""Let what a dump held go on: on a new broker there is no message, in a new installation no process of before.

These are the only changes of state outside `store.py`: of all rows at once, before anybody else can see them.
"""

from dataclasses import dataclass

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from submissions.account_tables import Upload
from submissions.tables import Artifact, Evaluation, Status, now


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a restored database has to go on with, as it stood when its dump was written."""

    n_running: int
    n_queued: int
    n_reserved: int
    """Of those that were queued, what was kept for the process that handed it in."""
    n_uploads: int
    """Uploads whose content is not in a dump, as it was not handed in yet; they are to be begun again."""


def resume(session: Session) -> Resumed:
    """Queue what was running, without counting the attempt; free what waited; forget uploads without their content."""
    is_running, is_queued = (col(Evaluation.status) == one for one in (Status.RUNNING, Status.QUEUED))
    counted = select(func.count()).select_from(Evaluation)
    n_running, n_queued = (session.exec(counted.where(one)).one() for one in (is_running, is_queued))
    n_reserved = session.exec(counted.where(is_queued, col(Evaluation.reserved_until).is_not(None))).one()
    free = {"reserved_until": None, "enqueued_at": None}
    begun = {"worker": None, "started_at": None, "heartbeat_at": None, "progress": None}
    queued = {"status": Status.QUEUED, "queued_at": now(), "attempts": col(Evaluation.attempts) - 1}
    session.exec(update(Evaluation).where(is_queued).values(free))
    session.exec(update(Evaluation).where(is_running).values(free | begun | queued))
    without = col(Upload.sha256).not_in(select(Artifact.sha256))
    forgotten = session.exec(delete(Upload).where(without).returning(col(Upload.id))).all()
    return Resumed(n_running, n_queued, n_reserved, len(forgotten))
