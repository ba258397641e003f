"""Every write about submissions and every change of an evaluation's state; `claim_store.py` writes claims.

Functions take a session first and never commit. An evaluation moves only along `TRANSITIONS`, each time by one
conditional UPDATE, so that of several workers one wins. What a worker records is fenced by the number of its claim,
which never decreases: one that was given up for dead cannot record anything, whatever happened since.
It is longer than other modules so that all changes of state are read in one place.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Insert, and_, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from submissions.result_rows import rows_of
from submissions.tables import Artifact, Evaluation, Status, Submission

if TYPE_CHECKING:
    from evaluator.report import Report

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.SUCCEEDED, Status.FAILED, Status.QUEUED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset({Status.QUEUED}),
    Status.CANCELLED: frozenset(),
}
"""From which state an evaluation may go to which; the first goes by a claim."""

MAX_ATTEMPTS = 3
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_AGAIN = (
    "The operator of this board can have it scored again (rematch requeue), and so can you: hand in the same again."
)
OURS_MESSAGE = f"Scoring failed for a reason that is not in the file; the log of the worker says which. {_AGAIN}"
LOST_MESSAGE = (
    f"Scoring was begun {MAX_ATTEMPTS} times and its worker died each time, perhaps for want of memory; the log of the"
    f" worker says more. {_AGAIN}"
)
RETRY_MESSAGE = "Scoring failed for a reason that is not in the file. It is tried again by itself."
WAITS_MESSAGE = "Scoring waits for this board, not for you:"
TRIED_AGAIN_MESSAGE = "It is tried again by itself until it succeeds."
POSTPONED_MESSAGE = (
    f"{WAITS_MESSAGE} something it needs is missing there, and the log of the worker says what. {TRIED_AGAIN_MESSAGE}"
)
OUTDATED_MESSAGE = "A newer version of this protocol replaced this evaluation before it was begun."


@dataclass(frozen=True, slots=True)
class Swept:
    """What a reaper found running without a sign of life."""

    requeued: tuple[UUID, ...]
    failed: tuple[UUID, ...]


def claim(session: Session, evaluation_id: UUID, *, worker: str = "") -> Evaluation | None:
    """Mark a queued evaluation as running and return it, or None if it is taken, finished, not due or not there."""
    now = _now()
    won = _move(
        session,
        [col(Evaluation.id) == evaluation_id, is_due(now)],
        source=Status.QUEUED,
        to=Status.RUNNING,
        attempts=col(Evaluation.attempts) + 1,
        claims=col(Evaluation.claims) + 1,
        worker=worker,
        message=None,
        progress=None,
        started_at=now,
        heartbeat_at=now,
        not_before=None,
    )
    return session.get_one(Evaluation, evaluation_id, populate_existing=True) if won else None


def heartbeat(session: Session, evaluation_id: UUID, *, claim: int, progress: Mapping[str, Any] | None = None) -> bool:
    """Say that an evaluation is still being run; False when this claim was given up for dead meanwhile."""
    held = [*_held(evaluation_id, claim), col(Evaluation.status) == Status.RUNNING]
    return _change(session, held, heartbeat_at=_now(), **({"progress": dict(progress)} if progress else {}))


def record_success(
    session: Session,
    evaluation_id: UUID,
    report: "Report",
    *,
    claim: int,
    worker: str | None = None,
    run_record: dict[str, Any] | None = None,
) -> bool:
    """Store the results of a running evaluation; False, and nothing stored, when it is no longer this claim's."""
    from evaluator.counts_codec import counts_digest

    moved = _move(
        session,
        _held(evaluation_id, claim),
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
        run_record=run_record,
        **({"worker": worker} if worker else {}),
    )
    if moved:
        session.add_all(rows_of(evaluation_id, report))
        session.flush()
    return moved


def record_failure(session: Session, evaluation_id: UUID, message: str, *, claim: int, our_fault: bool = False) -> bool:
    """Mark a running evaluation as failed, with a message for the submitter."""
    return _fail(session, _held(evaluation_id, claim), message, our_fault=our_fault)


def retry_or_fail(session: Session, evaluation_id: UUID, *, claim: int, wait_seconds: float) -> Status | None:
    """After a fault of ours: queue a running evaluation again for later, or fail it when it had all its attempts.

    Args:
        session: The database.
        evaluation_id: The evaluation.
        claim: Which claim it is held by.
        wait_seconds: How long it is not to be tried again.
    """
    held = _held(evaluation_id, claim)
    left = [*held, col(Evaluation.attempts) < MAX_ATTEMPTS]
    if _queue_again(session, left, message=RETRY_MESSAGE, not_before=_later(wait_seconds)):
        return Status.QUEUED
    return Status.FAILED if _fail(session, held, OURS_MESSAGE, our_fault=True) else None


def postpone(
    session: Session, evaluation_id: UUID, *, claim: int, wait_seconds: float, message: str = POSTPONED_MESSAGE
) -> bool:
    """Queue a running evaluation again for later, as what it needs is not there; the attempt does not count."""
    return _queue_again(
        session,
        _held(evaluation_id, claim),
        attempts=col(Evaluation.attempts) - 1,
        message=message,
        not_before=_later(wait_seconds),
    )


def release(session: Session, evaluation_id: UUID, *, claim: int) -> bool:
    """Give a running evaluation back, as its worker was told to stop; the attempt does not count."""
    return _queue_again(session, _held(evaluation_id, claim), attempts=col(Evaluation.attempts) - 1)


def requeue(session: Session, evaluation_id: UUID) -> bool:
    """Have what failed run again, and what waits run at once, with all its attempts: what was wrong is mended."""
    own = col(Evaluation.id) == evaluation_id
    values = {"attempts": 0, "message": None, "our_fault": False, "finished_at": None, "reserved_until": None}
    if _queue_again(session, [own], source=Status.FAILED, **values):
        return True
    held = or_(col(Evaluation.not_before).is_not(None), col(Evaluation.reserved_until).is_not(None))
    waiting = [own, col(Evaluation.status) == Status.QUEUED, held]
    free = {"not_before": None, "reserved_until": None, "message": None, "attempts": 0, "enqueued_at": None}
    return _change(session, waiting, **free, queued_at=_now())


def cancel(session: Session, evaluation_id: UUID, message: str) -> bool:
    """Take a queued evaluation out of the queue for good, with a message for the submitter."""
    where = [col(Evaluation.id) == evaluation_id]
    return _move(session, where, source=Status.QUEUED, to=Status.CANCELLED, message=message, finished_at=_now())


def requeue_stale(session: Session, *, stale_seconds: float) -> Swept:
    """Queue again what runs without a heartbeat, and fail what was lost too often.

    Args:
        session: The database.
        stale_seconds: How long after its last sign of life a worker is given up.
    """
    silent = col(Evaluation.heartbeat_at) < _later(-stale_seconds)
    stale = session.exec(
        select(Evaluation.id, Evaluation.claims, Evaluation.attempts).where(
            col(Evaluation.status) == Status.RUNNING, silent
        )
    ).all()
    requeued, failed = [], []
    for evaluation_id, claims, attempts in stale:
        # The heartbeat is compared once more in the UPDATE: it may have come back since.
        held = [*_held(evaluation_id, claims), silent]
        if attempts < MAX_ATTEMPTS:
            requeued += [evaluation_id] if _queue_again(session, held) else []
        elif _fail(session, held, LOST_MESSAGE, our_fault=True):
            failed.append(evaluation_id)
    return Swept(tuple(requeued), tuple(failed))


def give_up(session: Session, process: str, *, only: Collection[UUID] | None = None) -> None:
    """Take the sign of life from what an ended process, `host:pid`, left running, so that the next sweep finds it."""
    name = col(Evaluation.worker)
    its_own = or_(name == process, name.startswith(f"{process} ", autoescape=True))
    named = [] if only is None else [col(Evaluation.id).in_(only)]
    _change(session, [col(Evaluation.status) == Status.RUNNING, its_own, *named], heartbeat_at=_LONG_AGO)


def reserve(session: Session, evaluation_ids: Collection[UUID], *, seconds: float | None) -> None:
    """Keep queued evaluations for the process that handed them in, for so long; None gives them free.

    `requeue` gives them free as well.
    """
    until = None if seconds is None else _later(seconds)
    own = [col(Evaluation.id).in_(evaluation_ids), col(Evaluation.status) == Status.QUEUED]
    _change(session, own, reserved_until=until)


def mark_announced(session: Session, evaluation_ids: Sequence[UUID]) -> None:
    """Note that a broker was told of some evaluations just now."""
    _change(session, [col(Evaluation.id).in_(evaluation_ids)], enqueued_at=_now())


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


def is_due(now: datetime) -> Any:
    """Return the condition that an evaluation need not wait any longer, and waits for no process of its own."""
    times = (col(Evaluation.not_before), col(Evaluation.reserved_until))
    return and_(*(or_(time.is_(None), time <= now) for time in times))


def _fail(session: Session, where: Sequence[Any], message: str, *, our_fault: bool) -> bool:
    values = {"message": message, "our_fault": our_fault, "finished_at": _now()}
    return _move(session, where, source=Status.RUNNING, to=Status.FAILED, **values)


def _queue_again(session: Session, where: Sequence[Any], *, source: Status = Status.RUNNING, **values: Any) -> bool:
    cleared = {"worker": None, "started_at": None, "heartbeat_at": None, "enqueued_at": None, "queued_at": _now()}
    return _move(session, where, source=source, to=Status.QUEUED, **{**cleared, **values})


def _move(session: Session, where: Sequence[Any], *, source: Status, to: Status, **values: Any) -> bool:
    if to not in TRANSITIONS[source]:
        raise ValueError(f"An evaluation never goes from {source} to {to}.")
    return _change(session, [*where, col(Evaluation.status) == source], status=to, **values)


def _change(session: Session, where: Sequence[Any], **values: Any) -> bool:
    changed = session.exec(
        update(Evaluation)
        .where(and_(*where))
        .values(**values)
        .returning(col(Evaluation.id))
        .execution_options(synchronize_session=False)
    ).all()
    return bool(changed)


def _held(evaluation_id: UUID, claim: int) -> list[Any]:
    return [col(Evaluation.id) == evaluation_id, col(Evaluation.claims) == claim]


def _later(seconds: float) -> datetime:
    return _now() + timedelta(seconds=seconds)


def _now() -> datetime:
    return datetime.now(UTC)
