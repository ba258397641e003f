"""The outbox: what is queued and a broker does not know of, as it was never told or lost the message.

What is listed stays locked until the transaction ends, and what another transaction has locked is left out: two that
look at once tell the broker of different evaluations. Whoever lists tells the broker and marks them in the same
transaction, so that one that dies in between leaves them in the outbox.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from submissions.store import is_due
from submissions.tables import Evaluation, Queue, Status, now
from submissions.transitions import change

BATCH = 100
"""The most to list at once: they are locked while the broker is told."""


def unannounced(
    session: Session, *, never_seconds: float, lost_before: Mapping[Queue, datetime] | None = None
) -> list[UUID]:
    """List and lock what is queued and due and no broker knows of, oldest first, and no more than a batch.

    Args:
        session: The database.
        never_seconds: How long something is due without being announced before its sender is given up.
        lost_before: For each queue, when an evaluation was announced of which the message must be lost by now.
    """
    given_up = now() - timedelta(seconds=never_seconds)
    never = and_(col(Evaluation.enqueued_at).is_(None), col(Evaluation.queued_at) < given_up, is_due(given_up))
    lost = [_is_lost(queue, before) for queue, before in (lost_before or {}).items()]
    return _locked(session, or_(never, *lost))


def unannounced_of(session: Session, evaluation_ids: Collection[UUID]) -> list[UUID]:
    """List and lock which of some evaluations are queued and due, and were not announced yet."""
    own = col(Evaluation.id).in_(evaluation_ids)
    return _locked(session, and_(own, col(Evaluation.enqueued_at).is_(None), is_due(now())))


def announced_queues(session: Session, *, before: datetime) -> list[Queue]:
    """List the queues in which something that was announced before a moment still waits."""
    found = session.exec(
        select(Evaluation.queue)
        .where(col(Evaluation.status) == Status.QUEUED, col(Evaluation.enqueued_at) < before)
        .distinct()
    )
    return [Queue(queue) for queue in found]


def mark_announced(session: Session, evaluation_ids: Collection[UUID], *, at: datetime) -> None:
    """Note that a broker was told of some evaluations; `at` is before it was told."""
    change(session, [col(Evaluation.id).in_(evaluation_ids)], enqueued_at=at)


def forget_announced(session: Session, evaluation_ids: Collection[UUID]) -> None:
    """Note that whoever got the message for some evaluations left them waiting."""
    own = [col(Evaluation.id).in_(evaluation_ids), col(Evaluation.status) == Status.QUEUED]
    change(session, own, enqueued_at=None)


def _is_lost(queue: Queue, before: datetime) -> Any:
    """Return the condition that no message for an evaluation can be on the broker any more."""
    lost = and_(col(Evaluation.queue) == queue, col(Evaluation.enqueued_at) < before, is_due(now()))
    if queue is not Queue.MODELS:
        return lost
    # One message stands for all evaluations of a model run: whoever is at the first goes on to the others.
    sibling = aliased(Evaluation)
    at_work = exists().where(col(sibling.run_id) == col(Evaluation.run_id), col(sibling.status) == Status.RUNNING)
    return and_(lost, ~at_work)


def _locked(session: Session, where: Any) -> list[UUID]:
    found = session.exec(
        select(Evaluation.id)
        .where(col(Evaluation.status) == Status.QUEUED, where)
        .order_by(col(Evaluation.queued_at), col(Evaluation.id))
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Evaluation)
    )
    return list(found)
