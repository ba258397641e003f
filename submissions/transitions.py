"""How an evaluation moves from one state to another: along `TRANSITIONS`, each time by one conditional UPDATE.

Of several that try the same, one wins. Which moves there are is said in `store.py`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, update
from sqlmodel import Session, col

from submissions.reasons import Reason
from submissions.tables import Evaluation, Status, now

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.SUCCEEDED, Status.FAILED, Status.QUEUED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset({Status.QUEUED}),
    Status.CANCELLED: frozenset(),
}
"""From which state an evaluation may go to which; the first goes by a claim."""
WITHOUT_FAULT: dict[str, Any] = {"message": None, "reason": None}
"""What is stored of one that neither failed nor waits for something."""


def move(session: Session, where: Sequence[Any], *, source: Status, to: Status, **values: Any) -> bool:
    """Move an evaluation; False when it is not in the source state, or the conditions do not hold."""
    if to not in TRANSITIONS[source]:
        raise ValueError(f"An evaluation never goes from {source} to {to}.")
    return change(session, [*where, col(Evaluation.status) == source], status=to, **values)


def change(session: Session, where: Sequence[Any], **values: Any) -> bool:
    """Change evaluations that meet all conditions; False when none does."""
    changed = session.exec(
        update(Evaluation)
        .where(and_(*where))
        .values(**values)
        .returning(col(Evaluation.id))
        .execution_options(synchronize_session=False)
    ).all()
    return bool(changed)


def fail(session: Session, where: Sequence[Any], message: str, reason: Reason, **values: Any) -> bool:
    """Move a running evaluation to failed."""
    stated = {"message": message, "reason": reason.value, "our_fault": reason.is_ours, "finished_at": now()}
    return move(session, where, source=Status.RUNNING, to=Status.FAILED, **stated, **values)


def queue_again(session: Session, where: Sequence[Any], *, source: Status = Status.RUNNING, **values: Any) -> bool:
    """Move an evaluation back into the queue, as one that no broker knows of."""
    cleared = {"worker": None, "started_at": None, "heartbeat_at": None, "enqueued_at": None, "queued_at": now()}
    return move(session, where, source=source, to=Status.QUEUED, **{**cleared, **WITHOUT_FAULT, **values})


def held_by(evaluation_id: UUID, claim: int) -> list[Any]:
    """Return the conditions that an evaluation is held by that claim, whatever its state."""
    return [col(Evaluation.id) == evaluation_id, col(Evaluation.claims) == claim]


def with_log(log_tail: str | None) -> dict[str, Any]:
    """Return what is stored of a log; nothing where there is no news."""
    return {} if log_tail is None else {"log_tail": log_tail}


def from_now(seconds: float) -> datetime:
    """Return the moment in so many seconds."""
    return now() + timedelta(seconds=seconds)
