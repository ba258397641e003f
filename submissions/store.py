"""Every write about submissions and every change of an evaluation's state; `claim_store.py` writes claims.

Functions take a session first and never commit. An evaluation moves by one conditional UPDATE, see `transitions.py`, so
that of several workers one wins. What a worker records is fenced by the number of its claim, which never decreases: one
that was given up for dead cannot record anything, whatever happened since. What fails, or waits after a fault, says its
reason; what is queued otherwise, or claimed, has none.
It is longer than other modules so that all changes of state are read in one place.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Insert, and_, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from submissions.reasons import (
    MAX_ATTEMPTS,
    OURS_MESSAGE,
    POSTPONED_MESSAGE,
    RETRY_MESSAGE,
    Reason,
)
from submissions.result_rows import rows_of
from submissions.tables import Artifact, Evaluation, Status, Submission, now
from submissions.transitions import WITHOUT_FAULT, change, fail, from_now, held_by, move, queue_again, with_log

if TYPE_CHECKING:
    from evaluator.report import Report


def claim(session: Session, evaluation_id: UUID, *, worker: str = "") -> Evaluation | None:
    """Mark a queued evaluation as running and return it, or None if it is taken, finished, not due or not there."""
    moment = now()
    won = move(
        session,
        [col(Evaluation.id) == evaluation_id, is_due(moment)],
        source=Status.QUEUED,
        to=Status.RUNNING,
        attempts=col(Evaluation.attempts) + 1,
        claims=col(Evaluation.claims) + 1,
        worker=worker,
        message=None,
        reason=None,
        progress=None,
        started_at=moment,
        heartbeat_at=moment,
        not_before=None,
    )
    return session.get_one(Evaluation, evaluation_id, populate_existing=True) if won else None


def heartbeat(
    session: Session,
    evaluation_id: UUID,
    *,
    claim: int,
    progress: Mapping[str, Any] | None = None,
    log_tail: str | None = None,
) -> bool:
    """Say that an evaluation is still being run; False when this claim was given up for dead meanwhile."""
    held = [*held_by(evaluation_id, claim), col(Evaluation.status) == Status.RUNNING]
    told = {"progress": dict(progress)} if progress else {}
    return change(session, held, heartbeat_at=now(), **told, **with_log(log_tail))


def record_success(
    session: Session,
    evaluation_id: UUID,
    report: "Report",
    *,
    claim: int,
    worker: str | None = None,
    run_record: dict[str, Any] | None = None,
    log_tail: str | None = None,
) -> bool:
    """Store the results of a running evaluation; False, and nothing stored, when it is no longer this claim's."""
    from evaluator.counts_codec import counts_digest

    moved = move(
        session,
        held_by(evaluation_id, claim),
        source=Status.RUNNING,
        to=Status.SUCCEEDED,
        message=None,
        reason=None,
        finished_at=now(),
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
        **with_log(log_tail),
    )
    if moved:
        session.add_all(rows_of(evaluation_id, report))
        session.flush()
    return moved


def record_failure(
    session: Session,
    evaluation_id: UUID,
    message: str,
    *,
    claim: int,
    reason: Reason = Reason.INPUT,
    log_tail: str | None = None,
) -> bool:
    """Mark a running evaluation as failed, with a message for the submitter."""
    return fail(session, held_by(evaluation_id, claim), message, reason, **with_log(log_tail))


def retry_or_fail(
    session: Session,
    evaluation_id: UUID,
    *,
    claim: int,
    wait_seconds: float,
    message: str = OURS_MESSAGE,
    reason: Reason = Reason.INTERNAL,
    log_tail: str | None = None,
) -> Status | None:
    """After a fault of ours: queue a running evaluation again for later, or fail it when it had all its attempts.

    Args:
        session: The database.
        evaluation_id: The evaluation.
        claim: Which claim it is held by.
        wait_seconds: How long it is not to be tried again.
        message: What the submitter is told when it had all its attempts.
        reason: What the fault was.
        log_tail: The last lines of its log.
    """
    held = held_by(evaluation_id, claim)
    left = [*held, col(Evaluation.attempts) < MAX_ATTEMPTS]
    waits: dict[str, Any] = {"message": RETRY_MESSAGE, "reason": reason.value, "not_before": from_now(wait_seconds)}
    if queue_again(session, left, **waits, **with_log(log_tail)):
        return Status.QUEUED
    return Status.FAILED if fail(session, held, message, reason, **with_log(log_tail)) else None


def postpone(
    session: Session,
    evaluation_id: UUID,
    *,
    claim: int,
    wait_seconds: float,
    message: str = POSTPONED_MESSAGE,
    reason: Reason = Reason.MISSING_HERE,
    log_tail: str | None = None,
) -> bool:
    """Queue a running evaluation again for later, as what it needs is not there; the attempt does not count."""
    return queue_again(
        session,
        held_by(evaluation_id, claim),
        attempts=col(Evaluation.attempts) - 1,
        message=message,
        reason=reason.value,
        not_before=from_now(wait_seconds),
        **with_log(log_tail),
    )


def release(session: Session, evaluation_id: UUID, *, claim: int, log_tail: str | None = None) -> bool:
    """Give a running evaluation back, as its worker was told to stop; the attempt does not count."""
    held = held_by(evaluation_id, claim)
    return queue_again(session, held, attempts=col(Evaluation.attempts) - 1, **with_log(log_tail))


def requeue(session: Session, evaluation_id: UUID) -> bool:
    """Have what failed run again, and what waits run at once, with all its attempts: what was wrong is mended."""
    own = col(Evaluation.id) == evaluation_id
    values = {"attempts": 0, "our_fault": False, "finished_at": None, "reserved_until": None}
    if queue_again(session, [own], source=Status.FAILED, **values):
        return True
    held = or_(col(Evaluation.not_before).is_not(None), col(Evaluation.reserved_until).is_not(None))
    waiting = [own, col(Evaluation.status) == Status.QUEUED, held]
    free = {"not_before": None, "reserved_until": None, "attempts": 0, "enqueued_at": None, **WITHOUT_FAULT}
    return change(session, waiting, **free, queued_at=now())


def cancel(session: Session, evaluation_id: UUID, message: str, *, reason: Reason = Reason.OUTDATED) -> bool:
    """Take a queued evaluation out of the queue for good, with a message for the submitter and a reason."""
    where = [col(Evaluation.id) == evaluation_id]
    values = {"message": message, "reason": reason.value, "finished_at": now()}
    return move(session, where, source=Status.QUEUED, to=Status.CANCELLED, **values)


def reserve(session: Session, evaluation_ids: Collection[UUID], *, seconds: float | None) -> None:
    """Keep queued evaluations for the process that handed them in, for so long; None gives them free.

    `requeue` gives them free as well.
    """
    until = None if seconds is None else from_now(seconds)
    own = [col(Evaluation.id).in_(evaluation_ids), col(Evaluation.status) == Status.QUEUED]
    change(session, own, reserved_until=until)


def add_artifact(session: Session, *, sha256: str, size: int, filename: str) -> None:
    """Note a stored file, unless its content is known already, perhaps since a moment ago."""
    insert: Insert
    if session.get_bind().dialect.name == "postgresql":
        insert = postgresql.insert(Artifact).on_conflict_do_nothing()
    else:
        insert = sqlite.insert(Artifact).on_conflict_do_nothing()
    session.exec(insert.values(sha256=sha256, size=size, filename=filename, created_at=now()))


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
