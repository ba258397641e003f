"""One submission with everything that came of it, as plain values for the page that shows it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from submissions.tables import Artifact, Evaluation, Result, Status, Submission, SubmittedRun


@dataclass(frozen=True, slots=True)
class Measured:
    """One stored measurement."""

    metric: str
    direction: str
    expected: float
    pessimistic: float
    optimistic: float
    low: float | None
    high: float | None
    spread: float | None


@dataclass(frozen=True, slots=True)
class EntryRun:
    """One evaluation of one run: what was handed in, how it was measured, what came out."""

    evaluation_id: UUID
    run_id: UUID
    setting: str
    """That of the whole submission."""
    seed: int
    seed_governs: list[str]
    filename: str
    """As the manifest names it, since the store keeps equal files once; or the model's name."""
    artifact_sha256: str | None
    split_file_sha256: str | None
    format: str
    orientation: str | None
    protocol: str
    protocol_version: int
    split: str
    split_digest: str
    judgments: str
    evaluator_version: str
    evaluation_seed: int
    status: Status
    message: str | None
    badges: list[str]
    warnings: list[str]
    n_images: int | None
    n_captions: int | None
    ranks_sha256: str | None
    worker: str | None
    queued_at: datetime
    finished_at: datetime | None
    measured: list[Measured]
    progress: dict[str, Any] | None
    """How far a running model has come."""
    run_record: dict[str, Any] | None
    """How the scores of a model came about."""
    model: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class EntryFile:
    """One file that was handed in, or several that are the same."""

    names: tuple[str, ...]
    """As the manifest names it."""
    kind: str
    """The score format, `weights` or `split file`."""
    sha256: str
    size: int
    """In bytes."""
    seeds: tuple[int, ...]
    """Of the runs that it is of."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission and its evaluations, in the order of the manifest."""

    id: UUID
    system: str
    submitter: str
    setting: str
    deterministic: bool
    manifest: dict[str, Any]
    created_at: datetime
    superseded_by: UUID | None
    is_private: bool
    runs: list[EntryRun]
    files: list[EntryFile]


def read_entry(session: Session, submission_id: UUID) -> Entry | None:
    """Read one submission in four queries; None if there is none."""
    submission = session.get(Submission, submission_id)
    if submission is None:
        return None
    measured = _measured(session, submission_id)
    rows = session.exec(
        select(SubmittedRun, Evaluation)
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .where(col(SubmittedRun.submission_id) == submission_id)
        .order_by(col(SubmittedRun.position), col(Evaluation.protocol), col(Evaluation.queued_at))
    ).all()
    runs = [_entry_run(submission, run, evaluation, measured[evaluation.id]) for run, evaluation in rows]
    return Entry(
        id=submission.id,
        system=submission.system,
        submitter=submission.submitter,
        setting=submission.setting,
        deterministic=submission.deterministic,
        manifest=submission.manifest,
        created_at=submission.created_at,
        superseded_by=submission.superseded_by,
        is_private=submission.is_private,
        runs=runs,
        files=_files(session, submission, runs),
    )


def _measured(session: Session, submission_id: UUID) -> defaultdict[UUID, list[Measured]]:
    found: defaultdict[UUID, list[Measured]] = defaultdict(list)
    results = session.exec(
        select(Result)
        .join(Evaluation, col(Evaluation.id) == col(Result.evaluation_id))
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .where(col(SubmittedRun.submission_id) == submission_id)
    ).all()
    for result in results:
        found[result.evaluation_id].append(
            Measured(
                result.metric,
                result.direction,
                result.expected,
                result.pessimistic,
                result.optimistic,
                result.low,
                result.high,
                result.spread,
            )
        )
    return found


def _entry_run(submission: Submission, run: SubmittedRun, evaluation: Evaluation, measured: list[Measured]) -> EntryRun:
    return EntryRun(
        evaluation_id=evaluation.id,
        run_id=run.id,
        setting=submission.setting,
        seed=run.seed,
        seed_governs=run.seed_governs,
        filename=_shown_name(submission, run),
        artifact_sha256=run.artifact_sha256,
        split_file_sha256=run.split_file_sha256,
        format=run.format,
        orientation=run.orientation,
        protocol=evaluation.protocol,
        protocol_version=evaluation.protocol_version,
        split=evaluation.split,
        split_digest=evaluation.split_digest,
        judgments=evaluation.judgments,
        evaluator_version=evaluation.evaluator_version,
        evaluation_seed=evaluation.seed,
        status=evaluation.status,
        message=evaluation.message,
        badges=evaluation.badges,
        warnings=evaluation.warnings,
        n_images=evaluation.n_images,
        n_captions=evaluation.n_captions,
        ranks_sha256=evaluation.ranks_sha256,
        worker=evaluation.worker,
        queued_at=evaluation.queued_at,
        finished_at=evaluation.finished_at,
        measured=measured,
        progress=evaluation.progress,
        run_record=evaluation.run_record,
        model=run.model,
    )


def _files(session: Session, submission: Submission, runs: list[EntryRun]) -> list[EntryFile]:
    found: dict[tuple[str, str], tuple[list[str], list[int]]] = {}
    for run in runs:
        kind = "weights" if run.model else run.format
        split_name = str(submission.manifest.get("split", "split file"))
        for sha256, what, name in (
            (run.artifact_sha256, kind, run.filename),
            (run.split_file_sha256, "split file", split_name),
        ):
            if sha256 is not None:
                names, seeds = found.setdefault((sha256, what), ([], []))
                names.append(name)
                seeds.append(run.seed)
    artifacts = session.exec(select(Artifact).where(col(Artifact.sha256).in_({sha256 for sha256, _ in found})))
    sizes = {one.sha256: one.size for one in artifacts}
    return [
        EntryFile(tuple(dict.fromkeys(names)), kind, sha256, sizes[sha256], tuple(dict.fromkeys(seeds)))
        for (sha256, kind), (names, seeds) in found.items()
    ]


def _shown_name(submission: Submission, run: SubmittedRun) -> str:
    stated = submission.manifest["runs"][run.position]
    name: str = stated.get("file") or stated.get("weights") or (run.model or {}).get("reference", "")
    return name
