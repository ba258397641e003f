"""What lost its worker: queued again, or failed when that happened too often."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from submissions.log_tail import extended, stamped
from submissions.reasons import LOST_MESSAGE, MAX_ATTEMPTS, RETRY_MESSAGE, Reason
from submissions.tables import Evaluation, Status
from submissions.transitions import change, fail, from_now, held_by, queue_again

_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a reaper found running without a sign of life."""

    requeued: tuple[UUID, ...]
    failed: tuple[UUID, ...]


def requeue_stale(
    session: Session, *, stale_seconds: float, wait_seconds: Callable[[int], float] = lambda _: 0.0
) -> Swept:
    """Queue again what runs without a heartbeat, and fail what was lost too often.

    Args:
        session: The database.
        stale_seconds: How long after its last sign of life a worker is given up.
        wait_seconds: How long what was lost in so many attempts is not to be tried again.
    """
    silent = col(Evaluation.heartbeat_at) < from_now(-stale_seconds)
    stale = session.exec(
        select(Evaluation)
        .where(col(Evaluation.status) == Status.RUNNING, silent)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    requeued, failed = [], []
    for one in stale:
        # The heartbeat is compared once more in the UPDATE: it may have come back since.
        held = [*held_by(one.id, one.claims), silent]
        log_tail = extended(one.log_tail, [stamped(f"Its worker, {one.worker}, died or fell silent.", one.attempts)])
        if one.attempts < MAX_ATTEMPTS:
            waits: dict[str, Any] = {"message": RETRY_MESSAGE, "not_before": from_now(wait_seconds(one.attempts))}
            again = queue_again(session, held, reason=Reason.WORKER_LOST.value, log_tail=log_tail, **waits)
            requeued += [one.id] if again else []
        elif fail(session, held, LOST_MESSAGE, Reason.WORKER_LOST, log_tail=log_tail):
            failed.append(one.id)
    return Swept(tuple(requeued), tuple(failed))


def fail_ended(session: Session, process: str, message: str, reason: Reason) -> list[UUID]:
    """Fail for good what an ended process, `host:pid`, left running; return what that was."""
    running = session.exec(
        select(Evaluation)
        .where(col(Evaluation.status) == Status.RUNNING, _is_of(process))
        .execution_options(populate_existing=True)
    ).all()
    failed = []
    for one in running:
        log_tail = extended(one.log_tail, [stamped(f"Its worker was ended: {reason}.", one.attempts)])
        if fail(session, held_by(one.id, one.claims), message, reason, log_tail=log_tail):
            failed.append(one.id)
    return failed


def give_up(session: Session, process: str, *, only: Collection[UUID] | None = None) -> None:
    """Take the sign of life from what an ended process, `host:pid`, left running, so that the next sweep finds it."""
    named = [] if only is None else [col(Evaluation.id).in_(only)]
    change(session, [col(Evaluation.status) == Status.RUNNING, _is_of(process), *named], heartbeat_at=_LONG_AGO)


def _is_of(process: str) -> Any:
    name = col(Evaluation.worker)
    return or_(name == process, name.startswith(f"{process} ", autoescape=True))
