"""What the boards read: only finished facts of current submissions, as plain values, in as few queries as possible."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import String, cast, func, not_, or_
from sqlmodel import Session, col, select

from submissions.as_of import is_asked, is_current, is_done, was_done
from submissions.audit_tables import Audit
from submissions.tables import Evaluation, ImageEffects, Result, Status, Submission, SubmittedRun
from submissions.visibility import is_public

ResultRow: TypeAlias = tuple[str, str, str, float, float | None, float | None]
"""(evaluation id as hex digits, metric, direction, expected, low, high)"""
EffectsRow: TypeAlias = tuple[UUID, int, bytes]
"""(evaluation id, images with a query, packed effects)"""


@dataclass(frozen=True, slots=True)
class BoardKey:
    """What makes numbers comparable: one version of one protocol on one split."""

    protocol: str
    version: int
    split: str
    split_digest: str
    centricity: str
    n_submissions: int
    n_images: int | None
    n_captions: int | None


@dataclass(frozen=True, slots=True)
class EvaluatedRun:
    """One evaluation of one run of a current submission, whatever its state."""

    submission_id: UUID
    system: str
    submitter: str
    setting: str
    deterministic: bool
    created_at: datetime
    run_id: UUID
    seed: int
    artifact_sha256: str | None
    evaluation_id: UUID
    status: Status
    finished_at: datetime | None
    badges: list[str]
    warnings: list[str]
    ranks_sha256: str | None


def board_keys(session: Session, *, as_of: date | None = None) -> list[BoardKey]:
    """List the boards that have a result: the newest version of each protocol, per split, fullest first.

    Args:
        session: Where they are.
        as_of: The day at whose end they are wanted; as they are now if omitted.
    """
    newest = (
        select(col(Evaluation.protocol).label("protocol"), func.max(Evaluation.protocol_version).label("version"))
        .where(*is_done(as_of))
        .group_by(col(Evaluation.protocol))
        .subquery()
    )
    n_submissions = func.count(col(Submission.id).distinct())
    what = (Evaluation.protocol, Evaluation.protocol_version, Evaluation.split, Evaluation.split_digest)
    rows = session.exec(
        select(  # type: ignore[call-overload]
            *what, Evaluation.centricity, n_submissions, func.max(Evaluation.n_images), func.max(Evaluation.n_captions)
        )
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .join(Submission, col(Submission.id) == col(SubmittedRun.submission_id))
        .join(
            newest,
            (newest.c.protocol == col(Evaluation.protocol)) & (newest.c.version == col(Evaluation.protocol_version)),
        )
        .where(*is_done(as_of), *is_current(as_of))
        .group_by(*what, Evaluation.centricity)
        .order_by(n_submissions.desc(), *what)
    ).all()
    return [BoardKey(*row) for row in rows]


def evaluated_runs(session: Session, board: BoardKey, *, as_of: date | None = None) -> list[EvaluatedRun]:
    """List every evaluation on a board of current submissions, oldest first, as they stood at the end of a day."""
    rows = session.exec(
        select(  # type: ignore[call-overload]
            Submission.id,
            Submission.system,
            Submission.submitter,
            Submission.setting,
            Submission.deterministic,
            Submission.created_at,
            SubmittedRun.id,
            SubmittedRun.seed,
            SubmittedRun.artifact_sha256,
            Evaluation.id,
            Evaluation.status,
            Evaluation.finished_at,
            Evaluation.badges,
            Evaluation.warnings,
            Evaluation.ranks_sha256,
        )
        .join(SubmittedRun, col(SubmittedRun.submission_id) == col(Submission.id))
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .where(*is_current(as_of), *is_asked(as_of), *on_board(board))
        .order_by(col(Evaluation.queued_at), col(Evaluation.id))
    ).all()
    runs = [EvaluatedRun(*row) for row in rows]
    return [replace(run, status=was_done(run.status, run.finished_at, as_of)) for run in runs] if as_of else runs


def board_results(session: Session, board: BoardKey) -> Sequence[ResultRow]:
    """Read everything measured on a board."""
    # Of hundreds of thousands of rows, making the ids would take as long as all the rest.
    evaluation = func.replace(cast(col(Result.evaluation_id), String), "-", "")
    return session.exec(
        select(  # type: ignore[call-overload]
            evaluation, Result.metric, Result.direction, Result.expected, Result.low, Result.high
        )
        .join(Evaluation, col(Evaluation.id) == col(Result.evaluation_id))
        .where(col(Evaluation.status) == Status.SUCCEEDED, *on_board(board))
    ).all()


def board_effects(session: Session, board: BoardKey, metric: str) -> Iterator[EffectsRow]:
    """Read what every image does to a value, evaluation by evaluation: a board of thousands never lies in memory."""
    rows = session.exec(
        select(ImageEffects.evaluation_id, ImageEffects.n_clusters, ImageEffects.content)
        .join(Evaluation, col(Evaluation.id) == col(ImageEffects.evaluation_id))
        .where(col(Evaluation.status) == Status.SUCCEEDED, col(ImageEffects.metric) == metric, *on_board(board))
        .execution_options(yield_per=200)
    )
    yield from rows


def state_of_results(session: Session) -> str:
    """Name the state of what boards show: another when a result or audit is added, a submission superseded or shown."""
    finished = session.exec(
        select(func.count(), func.max(Evaluation.finished_at)).where(col(Evaluation.status) == Status.SUCCEEDED)
    ).one()
    waiting = session.exec(select(func.count()).select_from(Evaluation)).one()
    hidden = or_(col(Submission.superseded_by).is_not(None), not_(is_public()))
    n_hidden = session.exec(select(func.count()).select_from(Submission).where(hidden)).one()
    audits = session.exec(select(func.count(), func.max(Audit.created_at))).one()
    return f"{finished[0]}/{finished[1]}/{waiting}/{n_hidden}/{audits[0]}/{audits[1]}"


def on_board(board: BoardKey) -> list[Any]:
    """Return the conditions that an evaluation is one of a board."""
    return [
        col(Evaluation.protocol) == board.protocol,
        col(Evaluation.protocol_version) == board.version,
        col(Evaluation.split_digest) == board.split_digest,
    ]
