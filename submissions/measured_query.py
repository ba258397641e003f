"""What current submissions measured: systems with their runs under each protocol, to hold claims against."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import true
from sqlmodel import Session, col, select

from evaluator.audit.reproduction import MeasuredRun, Reproduction
from evaluator.protocol import PROTOCOLS
from splits.split import CaptionPolicy, Direction
from submissions.tables import Evaluation, Result, Status, Submission, SubmittedRun
from submissions.visibility import is_public

BOTH = "both"


@dataclass(frozen=True, slots=True)
class MeasuredEvaluation:
    """One evaluation that succeeded."""

    id: UUID
    run_id: UUID
    protocol: str
    version: int
    split: str
    split_digest: str
    centricity: str
    seed: int
    n_images: int
    n_captions: int
    ranks_sha256: str | None
    evaluator_version: str
    values: dict[tuple[str, str], Result] = field(default_factory=dict)
    """By metric and direction."""


@dataclass(frozen=True, slots=True)
class MeasuredSystem:
    """A current submission with what was measured of it, each run once under each protocol."""

    submission_id: UUID
    name: str
    submitter: str
    is_deterministic: bool
    references: frozenset[str]
    """The models that were run; none of score files."""
    reproduces: tuple[str, ...]
    """The claims that its manifest names, each as `SOURCE: SYSTEM`."""
    evaluations: tuple[MeasuredEvaluation, ...]

    def under(self, protocol: str) -> list[MeasuredEvaluation]:
        """Return the evaluations under a protocol, in its newest version and on one split."""
        own = [one for one in self.evaluations if one.protocol == protocol]
        newest = max(own, key=lambda one: one.version, default=None)
        if newest is None:
            return []
        return [one for one in own if (one.version, one.split_digest) == (newest.version, newest.split_digest)]

    def reproduction(self, protocol: str, metric: str, direction: Direction | None) -> Reproduction | None:
        """Return the runs of one metric in one direction under a protocol; None where it was not measured."""
        key = (metric, direction.value if direction else BOTH)
        own = [one for one in self.under(protocol) if key in one.values]
        if not own:
            return None
        first = own[0]
        captions = PROTOCOLS[protocol].captions if protocol in PROTOCOLS else CaptionPolicy.ALL
        return Reproduction(
            protocol=protocol,
            protocol_version=first.version,
            split_digest=first.split_digest,
            captions=captions,
            n_images=first.n_images,
            n_captions=first.n_captions,
            metric=metric,
            direction=direction,
            runs=tuple(_run(one, one.values[key]) for one in own),
            is_deterministic=self.is_deterministic,
        )


def measured_systems(session: Session, *, only: UUID | None = None) -> list[MeasuredSystem]:
    """Read all current, public submissions that have a result, oldest first.

    Args:
        session: Where they are.
        only: The one submission that is wanted; all of them if omitted.
    """
    wanted = true() if only is None else col(Submission.id) == only
    rows = session.exec(
        select(Submission, SubmittedRun, Evaluation)
        .join(SubmittedRun, col(SubmittedRun.submission_id) == col(Submission.id))
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .where(col(Submission.superseded_by).is_(None), is_public(), col(Evaluation.status) == Status.SUCCEEDED, wanted)
        .order_by(col(Submission.created_at), col(SubmittedRun.position), col(Evaluation.queued_at))
    ).all()
    values: dict[UUID, dict[tuple[str, str], Result]] = {}
    results = select(Result)
    if only is not None:
        results = results.where(col(Result.evaluation_id).in_([evaluation.id for _, _, evaluation in rows]))
    for result in session.exec(results):
        values.setdefault(result.evaluation_id, {})[result.metric, result.direction] = result
    found: dict[UUID, tuple[Submission, list[SubmittedRun], dict[tuple[UUID, str], MeasuredEvaluation]]] = {}
    for submission, run, evaluation in rows:
        _, runs, evaluations = found.setdefault(submission.id, (submission, [], {}))
        runs.append(run)
        # A run that was scored again counts once, by its newest evaluation.
        evaluations[run.id, evaluation.protocol] = _evaluation(evaluation, values.get(evaluation.id, {}))
    return [_system(submission, runs, tuple(own.values())) for submission, runs, own in found.values()]


def _evaluation(row: Evaluation, values: dict[tuple[str, str], Result]) -> MeasuredEvaluation:
    return MeasuredEvaluation(
        id=row.id,
        run_id=row.run_id,
        protocol=row.protocol,
        version=row.protocol_version,
        split=row.split,
        split_digest=row.split_digest,
        centricity=row.centricity,
        seed=row.seed,
        n_images=row.n_images or 0,
        n_captions=row.n_captions or 0,
        ranks_sha256=row.ranks_sha256,
        evaluator_version=row.evaluator_version,
        values=values,
    )


def _system(row: Submission, runs: list[SubmittedRun], evaluations: tuple[MeasuredEvaluation, ...]) -> MeasuredSystem:
    stated: dict[str, Any] = row.manifest
    return MeasuredSystem(
        submission_id=row.id,
        name=row.system,
        submitter=row.submitter,
        is_deterministic=row.deterministic,
        references=frozenset(str(run.model["reference"]) for run in runs if run.model),
        reproduces=tuple(stated.get("reproduces", ())),
        evaluations=evaluations,
    )


def _run(evaluation: MeasuredEvaluation, result: Result) -> MeasuredRun:
    ci95 = None if result.low is None or result.high is None else (result.low, result.high)
    return MeasuredRun(result.expected, result.pessimistic, result.optimistic, ci95, evaluation.ranks_sha256)
