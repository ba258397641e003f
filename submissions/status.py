"""What became of a submission, for the one who handed it in: plain values, read in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

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
    badges: Sequence[str]
    warnings: Sequence[str]
    attempts: int
    worker: str | None
    queued_at: datetime
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
    evaluations: tuple[EvaluationStatus, ...]

    @property
    def n_unfinished(self) -> int:
        """How many evaluations wait or run."""
        return sum(one.status in UNFINISHED for one in self.evaluations)

    @property
    def status(self) -> Status:
        """One word for the whole: what still goes on comes before what failed, and that before success."""
        found = {one.status for one in self.evaluations}
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
    rows = session.exec(
        select(Evaluation, SubmittedRun)
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .where(col(SubmittedRun.submission_id) == submission_id)
        .order_by(col(SubmittedRun.position), col(Evaluation.protocol), col(Evaluation.queued_at))
        .execution_options(populate_existing=True)
    ).all()
    values = _values(session, [evaluation.id for evaluation, _ in rows])
    return SubmissionStatus(
        submission.id,
        submission.system,
        submission.submitter,
        submission.created_at,
        submission.superseded_by,
        tuple(_one(evaluation, run, values.get(evaluation.id, {})) for evaluation, run in rows),
    )


def recent(session: Session, *, limit: int = 20) -> list[SubmissionStatus]:
    """Read what became of the newest submissions, newest first."""
    ids = session.exec(
        select(Submission.id).order_by(col(Submission.created_at).desc(), col(Submission.id)).limit(limit)
    ).all()
    return [read_status(session, submission_id) for submission_id in ids]


def status_document(status: SubmissionStatus) -> dict[str, Any]:
    """Return a status as a JSON document; values are fractions, ranks plain numbers."""
    return {
        "submission": str(status.id),
        "system": status.system,
        "submitter": status.submitter,
        "status": status.status.value,
        "created_at": status.created_at.isoformat(),
        "superseded_by": str(status.superseded_by) if status.superseded_by else None,
        "evaluations": [_document(one) for one in status.evaluations],
    }


def _values(session: Session, evaluation_ids: Sequence[UUID]) -> dict[UUID, dict[str, float]]:
    rows = session.exec(
        select(Result.evaluation_id, Result.direction, Result.metric, Result.expected).where(
            col(Result.evaluation_id).in_(evaluation_ids)
        )
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
        badges=tuple(evaluation.badges),
        warnings=tuple(evaluation.warnings),
        attempts=evaluation.attempts,
        worker=evaluation.worker,
        queued_at=evaluation.queued_at,
        started_at=evaluation.started_at,
        finished_at=evaluation.finished_at,
        values=values,
    )


def _document(one: EvaluationStatus) -> dict[str, Any]:
    return {
        "evaluation": str(one.id),
        "run": one.position,
        "seed": one.seed,
        "protocol": one.protocol,
        "protocol_version": one.protocol_version,
        "split": one.split,
        "status": one.status.value,
        "message": one.message,
        "badges": list(one.badges),
        "warnings": list(one.warnings),
        "attempts": one.attempts,
        "values": one.values,
    }
