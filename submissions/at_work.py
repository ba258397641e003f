"""What goes on and what does not, in a few numbers for whoever watches over an installation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from submissions.store import is_due
from submissions.tables import Evaluation, Queue, Status, now


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of one queue waits and could be begun."""

    queue: Queue
    n: int
    since: datetime
    """When the first of it was queued."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of life of a worker, as the database knows it."""

    worker: str
    at: datetime
    n_running: int
    """Evaluations that it is running; 0 where it ended its last one."""


def waiting(session: Session) -> list[Waiting]:
    """Count what waits and is due, by queue."""
    rows = session.exec(
        select(Evaluation.queue, func.count(), func.min(Evaluation.queued_at))
        .where(col(Evaluation.status) == Status.QUEUED, is_due(now()))
        .group_by(col(Evaluation.queue))
    )
    return [Waiting(Queue(queue), number, since) for queue, number, since in rows]


def signs_of_life(session: Session, *, within_seconds: float, limit: int = 20) -> list[Sign]:
    """List the workers that run something, or ended something lately, the latest sign first."""
    since = now() - timedelta(seconds=within_seconds)
    running = _by_worker(session, Evaluation.heartbeat_at, [col(Evaluation.status) == Status.RUNNING])
    ended = _by_worker(session, Evaluation.finished_at, [col(Evaluation.finished_at) > since])
    found = {name: Sign(name, at, 0) for name, at, _ in ended if name and at}
    found |= {name: Sign(name, at, number) for name, at, number in running if name and at}
    return sorted(found.values(), key=lambda sign: sign.at, reverse=True)[:limit]


def n_silent(session: Session, *, seconds: float) -> int:
    """Count what is running without a sign of life for so long."""
    silent = col(Evaluation.heartbeat_at) < now() - timedelta(seconds=seconds)
    return _count(session, [col(Evaluation.status) == Status.RUNNING, silent])


def n_postponed(session: Session) -> int:
    """Count what waits as something of ours is to be mended."""
    return _count(session, [col(Evaluation.status) == Status.QUEUED, col(Evaluation.not_before).is_not(None)])


def n_failed_through_us(session: Session) -> int:
    """Count what failed through a fault of ours."""
    return _count(session, [col(Evaluation.status) == Status.FAILED, col(Evaluation.our_fault)])


def _count(session: Session, where: Sequence[Any]) -> int:
    return session.exec(select(func.count()).select_from(Evaluation).where(*where)).one()


def _by_worker(session: Session, moment: Any, where: Sequence[Any]) -> Sequence[Any]:
    return session.exec(
        select(Evaluation.worker, func.max(moment), func.count()).where(*where).group_by(col(Evaluation.worker))
    ).all()
