"""Every write to the database and every change of an evaluation's state.

Functions take a session first and never commit. An evaluation moves only along `TRANSITIONS`, each time by one
conditional UPDATE, so that of several workers one wins and a worker that was given up for dead cannot record anything.
It is longer than other modules so that all changes of state are read in one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Insert, and_, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from submissions.tables import Artifact, Evaluation, QueryRanks, Result, Status, Submission

if TYPE_CHECKING:
    from evaluator.report import Report

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.SUCCEEDED, Status.FAILED, Status.QUEUED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset({Status.QUEUED}),
    Status.CANCELLED: frozenset({Status.QUEUED}),
}
"""From which state an evaluation may go to which; the first goes by a claim, the last two by an operator."""

MAX_ATTEMPTS = 3
OURS_MESSAGE = "Scoring failed for a reason that is not in the file. It was reported to the operators of this board."
LOST_MESSAGE = (
    f"Scoring was started {MAX_ATTEMPTS} times and its worker was lost each time, perhaps for want of memory. It was"
    " reported to the operators of this board."
)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a reaper found running without a sign of life."""

    requeued: tuple[UUID, ...]
    failed: tuple[UUID, ...]


def claim(session: Session, evaluation_id: UUID, *, worker: str = "") -> Evaluation | None:
    """Mark a queued evaluation as running and return it, or None if it is taken, finished or not there."""
    now = _now()
    won = _move(
        session,
        [col(Evaluation.id) == evaluation_id],
        source=Status.QUEUED,
        to=Status.RUNNING,
        attempts=col(Evaluation.attempts) + 1,
        worker=worker,
        message=None,
        started_at=now,
        heartbeat_at=now,
    )
    return session.get_one(Evaluation, evaluation_id, populate_existing=True) if won else None


def heartbeat(session: Session, evaluation_id: UUID, *, attempt: int) -> bool:
    """Say that an evaluation is still being run; False when this attempt was given up for dead meanwhile."""
    beaten = session.exec(
        update(Evaluation)
        .where(*_held(evaluation_id, attempt), col(Evaluation.status) == Status.RUNNING)
        .values(heartbeat_at=_now())
        .returning(col(Evaluation.id))
        .execution_options(synchronize_session=False)
    ).all()
    return bool(beaten)


def record_success(session: Session, evaluation_id: UUID, report: "Report", *, attempt: int | None = None) -> bool:
    """Store the results of a running evaluation; False, and nothing stored, when it is no longer this attempt's."""
    from evaluator.counts_codec import counts_digest, encode_counts

    moved = _move(
        session,
        _held(evaluation_id, attempt),
        source=Status.RUNNING,
        to=Status.SUCCEEDED,
        message=None,
        finished_at=_now(),
        evaluator_version=report.evaluator_version,
        judgments_digest=report.judgments_digest,
        seed=report.seed,
        badges=list(report.badges),
        warnings=list(report.warnings),
        n_images=report.n_images,
        n_captions=report.n_captions,
        ranks_sha256=counts_digest(report.counts),
    )
    if not moved:
        return False
    for measured in report.measurements:
        low, high = measured.ci95 or (None, None)
        session.add(
            Result(
                evaluation_id=evaluation_id,
                metric=measured.metric,
                direction=measured.direction.value if measured.direction else "both",
                expected=measured.expected,
                pessimistic=measured.pessimistic,
                optimistic=measured.optimistic,
                low=low,
                high=high,
                spread=measured.spread,
            )
        )
    for direction, counts in report.counts.items():
        content = encode_counts(counts)
        session.add(QueryRanks(evaluation_id=evaluation_id, direction=direction.value, content=content))
    session.flush()
    return True


def record_failure(session: Session, evaluation_id: UUID, message: str, *, attempt: int | None = None) -> bool:
    """Mark a running evaluation as failed, with a message for the submitter."""
    held = _held(evaluation_id, attempt)
    return _move(session, held, source=Status.RUNNING, to=Status.FAILED, message=message, finished_at=_now())


def retry_or_fail(session: Session, evaluation_id: UUID, message: str, *, attempt: int) -> Status | None:
    """After a fault of ours: queue a running evaluation again, or fail it when it had all its attempts."""
    if attempt >= MAX_ATTEMPTS:
        return Status.FAILED if record_failure(session, evaluation_id, message, attempt=attempt) else None
    return Status.QUEUED if _queue_again(session, _held(evaluation_id, attempt)) else None


def release(session: Session, evaluation_id: UUID, *, attempt: int) -> bool:
    """Give a running evaluation back, as its worker was told to stop; the attempt does not count."""
    return _queue_again(session, _held(evaluation_id, attempt), attempts=col(Evaluation.attempts) - 1)


def requeue(session: Session, evaluation_id: UUID) -> bool:
    """Queue a failed or cancelled evaluation again with all its attempts: an operator mended what was wrong."""
    where = [col(Evaluation.id) == evaluation_id]
    values = {"attempts": 0, "message": None, "finished_at": None}
    return any(_queue_again(session, where, source=s, **values) for s in (Status.FAILED, Status.CANCELLED))


def cancel(session: Session, evaluation_id: UUID) -> bool:
    """Take a queued evaluation out of the queue."""
    where = [col(Evaluation.id) == evaluation_id]
    return _move(session, where, source=Status.QUEUED, to=Status.CANCELLED, finished_at=_now())


def requeue_stale(session: Session, *, stale_seconds: float) -> Swept:
    """Queue again what runs without a heartbeat, and fail what was lost too often.

    Args:
        session: The database.
        stale_seconds: How long after its last sign of life a worker is given up.
    """
    silent = col(Evaluation.heartbeat_at) < _now() - timedelta(seconds=stale_seconds)
    stale = session.exec(
        select(Evaluation.id, Evaluation.attempts).where(col(Evaluation.status) == Status.RUNNING, silent)
    ).all()
    requeued, failed = [], []
    for evaluation_id, attempt in stale:
        # The heartbeat is compared once more in the UPDATE: it may have come back since.
        held = [*_held(evaluation_id, attempt), silent]
        if attempt < MAX_ATTEMPTS:
            requeued += [evaluation_id] if _queue_again(session, held) else []
        elif _move(session, held, source=Status.RUNNING, to=Status.FAILED, message=LOST_MESSAGE, finished_at=_now()):
            failed.append(evaluation_id)
    return Swept(tuple(requeued), tuple(failed))


def unannounced(session: Session, *, never_seconds: float, resend_seconds: float, limit: int = 1000) -> list[UUID]:
    """List what is queued and no broker may know of, oldest first.

    Args:
        session: The database.
        never_seconds: How long something is queued without being announced before its sender is given up.
        resend_seconds: How long after an announcement the message may be lost.
        limit: The most to list.
    """
    now = _now()
    never = col(Evaluation.enqueued_at).is_(None)
    queued_before = col(Evaluation.queued_at) < now - timedelta(seconds=never_seconds)
    announced_before = col(Evaluation.enqueued_at) < now - timedelta(seconds=resend_seconds)
    found = session.exec(
        select(Evaluation.id)
        .where(col(Evaluation.status) == Status.QUEUED, or_(and_(never, queued_before), announced_before))
        .order_by(col(Evaluation.queued_at))
        .limit(limit)
    )
    return list(found)


def mark_announced(session: Session, evaluation_ids: Sequence[UUID]) -> None:
    """Note that a broker was told of some evaluations just now."""
    session.exec(
        update(Evaluation)
        .where(col(Evaluation.id).in_(evaluation_ids))
        .values(enqueued_at=_now())
        .execution_options(synchronize_session=False)
    )


def next_queued(session: Session) -> UUID | None:
    """Return the evaluation that waits longest, None when nothing waits."""
    return session.exec(
        select(Evaluation.id)
        .where(col(Evaluation.status) == Status.QUEUED)
        .order_by(col(Evaluation.queued_at), col(Evaluation.id))
        .limit(1)
    ).first()


def add_artifact(session: Session, *, sha256: str, size: int, filename: str) -> None:
    """Note a stored file, unless its content is known already, perhaps since a moment ago."""
    insert: Insert
    if session.get_bind().dialect.name == "postgresql":
        insert = postgresql.insert(Artifact).on_conflict_do_nothing()
    else:
        insert = sqlite.insert(Artifact).on_conflict_do_nothing()
    session.exec(insert.values(sha256=sha256, size=size, filename=filename, created_at=_now()))


def supersede(session: Session, submission_id: UUID, *, by: Submission) -> bool:
    """Let a submission replace an earlier one of the same submitter; False when that is not possible."""
    replaced = session.exec(
        update(Submission)
        .where(
            col(Submission.id) == submission_id,
            col(Submission.submitter) == by.submitter,
            col(Submission.superseded_by).is_(None),
        )
        .values(superseded_by=by.id)
        .returning(col(Submission.id))
        .execution_options(synchronize_session=False)
    ).all()
    return bool(replaced)


def _move(session: Session, where: Sequence[Any], *, source: Status, to: Status, **values: Any) -> bool:
    if to not in TRANSITIONS[source]:
        raise ValueError(f"An evaluation never goes from {source} to {to}.")
    moved = session.exec(
        update(Evaluation)
        .where(*where, col(Evaluation.status) == source)
        .values(status=to, **values)
        .returning(col(Evaluation.id))
        .execution_options(synchronize_session=False)
    ).all()
    return bool(moved)


def _queue_again(session: Session, where: Sequence[Any], *, source: Status = Status.RUNNING, **values: Any) -> bool:
    cleared = {"worker": None, "started_at": None, "heartbeat_at": None, "enqueued_at": None, "queued_at": _now()}
    return _move(session, where, source=source, to=Status.QUEUED, **{**cleared, **values})


def _held(evaluation_id: UUID, attempt: int | None) -> list[Any]:
    held = [col(Evaluation.id) == evaluation_id]
    return held if attempt is None else [*held, col(Evaluation.attempts) == attempt]


def _now() -> datetime:
    return datetime.now(UTC)
