"""What waits to be run: which evaluation is next, what belongs together, which deserve another chance."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from submissions.store import is_due
from submissions.tables import Evaluation, Queue, Status, SubmittedRun


@dataclass(frozen=True, slots=True)
class Task:
    """What a broker is told of at once: some evaluations that one worker does after each other."""

    queue: Queue
    evaluation_ids: tuple[UUID, ...]


def next_queued(session: Session) -> UUID | None:
    """Return the evaluation that waits longest, None when nothing is due."""
    return session.exec(
        select(Evaluation.id)
        .where(col(Evaluation.status) == Status.QUEUED, is_due(_now()))
        .order_by(col(Evaluation.queued_at), col(Evaluation.id))
        .limit(1)
    ).first()


def seconds_until_due(session: Session) -> float | None:
    """Return how long until the first of what waits after a fault of ours may be tried again, None if nothing waits."""
    first = session.exec(
        select(Evaluation.not_before)
        .where(col(Evaluation.status) == Status.QUEUED, col(Evaluation.not_before).is_not(None))
        .order_by(col(Evaluation.not_before))
        .limit(1)
    ).first()
    return None if first is None else max((first - _now()).total_seconds(), 0.0)


def count_queued(session: Session) -> int:
    """Return how many evaluations are queued, whether due or not."""
    return session.exec(select(func.count()).where(col(Evaluation.status) == Status.QUEUED)).one()


def failed_through_us(session: Session) -> list[UUID]:
    """List what failed or waits through a fault of ours, oldest first."""
    return _listed(session, or_(_failed(ours=True), _postponed()))


def failed_of(session: Session, named: UUID, *, through_us: bool = False) -> list[UUID]:
    """List what failed, for whatever reason, or waits through us: of a submission, or the one evaluation so named.

    Args:
        session: The database.
        named: The submission or the evaluation.
        through_us: Only what failed through a fault of ours.
    """
    own = or_(col(Evaluation.id) == named, col(SubmittedRun.submission_id) == named)
    reserved = and_(col(Evaluation.status) == Status.QUEUED, col(Evaluation.reserved_until).is_not(None))
    return _listed(session, and_(own, or_(_failed(ours=through_us), _postponed(), reserved)))


def siblings(session: Session, evaluation_id: UUID) -> list[UUID]:
    """List what waits of the same model on the same dataset under the same seed: it needs the same encoding."""
    own = session.get_one(Evaluation, evaluation_id)
    found = session.exec(
        select(Evaluation.id)
        .where(
            col(Evaluation.run_id) == own.run_id,
            col(Evaluation.queue) == Queue.MODELS,
            col(Evaluation.split).startswith(_dataset(own.split), autoescape=True),
            col(Evaluation.status) == Status.QUEUED,
            is_due(_now()),
        )
        .order_by(col(Evaluation.queued_at), col(Evaluation.id))
    )
    return list(found)


def tasks_of(session: Session, evaluation_ids: Collection[UUID]) -> list[Task]:
    """Divide evaluations into what one worker does at a time: one alone, or those of one model run on one dataset."""
    rows = session.exec(
        select(Evaluation.id, Evaluation.queue, Evaluation.run_id, Evaluation.split)
        .where(col(Evaluation.id).in_(evaluation_ids))
        .order_by(col(Evaluation.queued_at), col(Evaluation.id))
    ).all()
    groups: dict[tuple[Queue, UUID, str], list[UUID]] = {}
    for evaluation_id, queue, run_id, split in rows:
        is_model = Queue(queue) is Queue.MODELS
        key = (Queue(queue), run_id if is_model else evaluation_id, _dataset(split) if is_model else "")
        groups.setdefault(key, []).append(evaluation_id)
    return [Task(key[0], tuple(members)) for key, members in groups.items()]


def _dataset(split: str) -> str:
    return f"{split.partition('/')[0]}/"


def _listed(session: Session, where: Any) -> list[UUID]:
    found: Sequence[UUID] = session.exec(
        select(Evaluation.id)
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .where(where)
        .order_by(col(Evaluation.queued_at), col(Evaluation.id))
    ).all()
    return list(found)


def _failed(*, ours: bool = False) -> Any:
    failed = col(Evaluation.status) == Status.FAILED
    return and_(failed, col(Evaluation.our_fault)) if ours else failed


def _postponed() -> Any:
    return and_(col(Evaluation.status) == Status.QUEUED, col(Evaluation.not_before).is_not(None))


def _now() -> datetime:
    return datetime.now(UTC)
