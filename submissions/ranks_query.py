"""What is stored of single queries: the rank counts of some systems on one board, still packed, run by run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session, col, select

from submissions.board_query import BoardKey
from submissions.tables import Evaluation, ImageEffects, QueryRanks, Result, Status, Submission, SubmittedRun
from submissions.visibility import is_public


@dataclass(frozen=True, slots=True)
class Effects:
    """What every image does to a value, packed."""

    n_clusters: int
    content: bytes


@dataclass(frozen=True, slots=True)
class RankedRun:
    """One run of a system, with everything of single queries that is stored of its newest evaluation."""

    submission_id: UUID
    evaluation_id: UUID
    seed: int
    """The seed of the evaluation, which drew captions and folds."""
    ranks_sha256: str | None
    counts: dict[str, bytes] = field(default_factory=dict)
    """By direction; packed by `evaluator.counts_codec`."""
    effects: dict[str, Effects] = field(default_factory=dict)
    """By the value that they are of; packed by `evaluator.effects_codec`."""
    values: dict[tuple[str, str], float] = field(default_factory=dict)
    """Expected values by direction and metric."""


def distinct_runs(session: Session, board: BoardKey, submissions: Collection[UUID]) -> dict[UUID, list[RankedRun]]:
    """Read the runs of some current, public submissions on a board: of those with the same ranks the first only."""
    newest: dict[UUID, Evaluation] = {}
    owner: dict[UUID, UUID] = {}
    for submission_id, evaluation in _evaluations(session, board, submissions):
        newest[evaluation.run_id] = evaluation
        owner[evaluation.id] = submission_id
    runs: dict[tuple[UUID, str], RankedRun] = {}
    for one in newest.values():
        run = RankedRun(owner[one.id], one.id, one.seed, one.ranks_sha256)
        runs.setdefault((run.submission_id, one.ranks_sha256 or str(one.run_id)), run)
    _fill(session, {run.evaluation_id: run for run in runs.values()})
    found: dict[UUID, list[RankedRun]] = {}
    for run in runs.values():
        found.setdefault(run.submission_id, []).append(run)
    return found


def _evaluations(
    session: Session, board: BoardKey, submissions: Collection[UUID]
) -> Collection[tuple[UUID, Evaluation]]:
    return session.exec(
        select(Submission.id, Evaluation)
        .join(SubmittedRun, col(SubmittedRun.submission_id) == col(Submission.id))
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .where(
            col(Submission.id).in_(submissions),
            col(Submission.superseded_by).is_(None),
            is_public(),
            col(Evaluation.status) == Status.SUCCEEDED,
            col(Evaluation.protocol) == board.protocol,
            col(Evaluation.protocol_version) == board.version,
            col(Evaluation.split_digest) == board.split_digest,
        )
        .order_by(col(Evaluation.queued_at), col(Evaluation.id))
    ).all()


def _fill(session: Session, runs: Mapping[UUID, RankedRun]) -> None:
    for ranks in session.exec(select(QueryRanks).where(col(QueryRanks.evaluation_id).in_(runs))):
        runs[ranks.evaluation_id].counts[ranks.direction] = ranks.content
    for effects in session.exec(select(ImageEffects).where(col(ImageEffects.evaluation_id).in_(runs))):
        runs[effects.evaluation_id].effects[effects.metric] = Effects(effects.n_clusters, effects.content)
    for result in session.exec(select(Result).where(col(Result.evaluation_id).in_(runs))):
        runs[result.evaluation_id].values[result.direction, result.metric] = result.expected
