"""What became of a submission, for the one who handed it in: plain values, read in a few queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from submissions.errors import SubmissionError
from submissions.tables import Evaluation, Result, Status, Submission, SubmittedRun

UNFINISHED = frozenset({Status.QUEUED, Status.RUNNING})


@dataclass(frozen=True, slots=True)
class EvaluationStatus:
    """One evaluation and, once it is done, what was measured or why it failed."""

    id: UUID
    position: int
    """The place of its run in the manifest."""
    seed: int
    protocol: str
    protocol_version: int
    split: str
    status: Status
    message: str | None
    reason: str | None
    """Why it failed or waits, in one word of `reasons.Reason`."""
    log: tuple[str, ...]
    """The last lines of what was done for it, earlier attempts first."""
    badges: Sequence[str]
    warnings: Sequence[str]
    attempts: int
    worker: str | None
    progress: dict[str, Any] | None
    """How far a running model is: stage, done, total, per_second."""
    queued_at: datetime
    not_before: datetime | None
    """When it is tried again after a fault of ours."""
    started_at: datetime | None
    finished_at: datetime | None
    values: dict[str, float]
    """Expected values by direction and metric: "i2t R@1", "rsum"."""


@dataclass(frozen=True, slots=True)
class SubmissionStatus:
    """A submission and all its evaluations, in the order of the manifest."""

    id: UUID
    system: str
    submitter: str
    created_at: datetime
    superseded_by: UUID | None
    is_private: bool
    evaluations: tuple[EvaluationStatus, ...]

    @property
    def current(self) -> tuple[EvaluationStatus, ...]:
        """Its evaluations without those under versions of a protocol that a newer one replaced."""
        newest: dict[tuple[int, str], int] = {}
        for one in self.evaluations:
            newest[one.position, one.protocol] = max(newest.get((one.position, one.protocol), 0), one.protocol_version)
        return tuple(one for one in self.evaluations if one.protocol_version == newest[one.position, one.protocol])

    @property
    def n_unfinished(self) -> int:
        """How many evaluations wait or run."""
        return sum(one.status in UNFINISHED for one in self.evaluations)

    @property
    def queued(self) -> tuple[UUID, ...]:
        """The evaluations that wait."""
        return tuple(one.id for one in self.evaluations if one.status is Status.QUEUED)

    @property
    def status(self) -> Status:
        """One word for the whole: what still goes on comes before what failed, and that before success."""
        found = {one.status for one in self.current}
        order = (Status.RUNNING, Status.QUEUED, Status.FAILED, Status.CANCELLED)
        return next((status for status in order if status in found), Status.SUCCEEDED)


def read_status(session: Session, submission_id: UUID) -> SubmissionStatus:
    """Read what became of a submission.

    Raises:
        SubmissionError: There is none of that id.
    """
    submission = session.get(Submission, submission_id, populate_existing=True)
    if submission is None:
        raise SubmissionError(f"There is no submission {submission_id}. List what there is: rematch status")
    return read_statuses(session, [submission])[0]


def recent(session: Session, *, limit: int = 20) -> list[SubmissionStatus]:
    """Read what became of the newest submissions, newest first."""
    newest = select(Submission).order_by(col(Submission.created_at).desc(), col(Submission.id)).limit(limit)
    return read_statuses(session, session.exec(newest).all())


def current_submission(session: Session, *, submitter: str, system: str) -> UUID | None:
    """Find the submission of a system that was not replaced; None if there is none."""
    return session.exec(
        select(Submission.id)
        .where(
            col(Submission.system) == system,
            col(Submission.submitter) == submitter,
            col(Submission.superseded_by).is_(None),
        )
        .order_by(col(Submission.created_at).desc())
    ).first()


def count_states(session: Session, submission_ids: Sequence[UUID]) -> Counter[Status]:
    """Count the evaluations of some submissions by where they stand."""
    rows = session.exec(
        select(Evaluation.status, func.count())
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .where(col(SubmittedRun.submission_id).in_(submission_ids))
        .group_by(col(Evaluation.status))
    )
    return Counter({Status(status): number for status, number in rows})


def read_statuses(session: Session, submissions: Sequence[Submission]) -> list[SubmissionStatus]:
    """Read what became of some submissions, in their order."""
    ids = [submission.id for submission in submissions]
    rows = session.exec(
        select(Evaluation, SubmittedRun)
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .where(col(SubmittedRun.submission_id).in_(ids))
        .order_by(col(SubmittedRun.position), col(Evaluation.protocol), col(Evaluation.queued_at))
        .execution_options(populate_existing=True)
    ).all()
    values = _values(session, ids)
    found: dict[UUID, list[EvaluationStatus]] = {submission_id: [] for submission_id in ids}
    for evaluation, run in rows:
        found[run.submission_id].append(_one(evaluation, run, values.get(evaluation.id, {})))
    return [
        SubmissionStatus(
            one.id,
            one.system,
            one.submitter,
            one.created_at,
            one.superseded_by,
            one.is_private,
            tuple(found[one.id]),
        )
        for one in submissions
    ]


def _values(session: Session, submission_ids: Sequence[UUID]) -> dict[UUID, dict[str, float]]:
    rows = session.exec(
        select(Result.evaluation_id, Result.direction, Result.metric, Result.expected)
        .join(Evaluation, col(Evaluation.id) == col(Result.evaluation_id))
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .where(col(SubmittedRun.submission_id).in_(submission_ids))
    )
    values: dict[UUID, dict[str, float]] = {}
    for evaluation_id, direction, metric, expected in rows:
        name = metric if direction == "both" else f"{direction} {metric}"
        values.setdefault(evaluation_id, {})[name] = expected
    return values


def _one(evaluation: Evaluation, run: SubmittedRun, values: dict[str, float]) -> EvaluationStatus:
    return EvaluationStatus(
        id=evaluation.id,
        position=run.position,
        seed=run.seed,
        protocol=evaluation.protocol,
        protocol_version=evaluation.protocol_version,
        split=evaluation.split,
        status=evaluation.status,
        message=evaluation.message,
        reason=evaluation.reason,
        log=tuple((evaluation.log_tail or "").splitlines()),
        badges=tuple(evaluation.badges),
        warnings=tuple(evaluation.warnings),
        attempts=evaluation.attempts,
        worker=evaluation.worker,
        progress=evaluation.progress if evaluation.status is Status.RUNNING else None,
        queued_at=evaluation.queued_at,
        not_before=evaluation.not_before,
        started_at=evaluation.started_at,
        finished_at=evaluation.finished_at,
        values=values,
    )
