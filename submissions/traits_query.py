"""What is known of the systems on a board: what manifests and run records say, and whether claims came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select

from evaluator.audit.verdict import Verdict
from submissions.as_of import is_audited
from submissions.audit_tables import Audit
from submissions.board_query import BoardKey, on_board
from submissions.tables import Evaluation, Status, Submission, SubmittedRun

_CAME_BACK = (Verdict.WITHIN_ROUNDING, Verdict.WITHIN_SEED_NOISE)


class Evidence(StrEnum):
    """What a number rests on."""

    RUN_HERE = "run here"
    """The model was run by a worker of this board."""
    RESCORED = "rescored"
    """Scores or embeddings were handed in and ranked here."""
    RANKS_ONLY = "ranks only"
    """Ranks were handed in, and were counted here."""


@dataclass(frozen=True, slots=True)
class SystemTraits:
    """What is known of one system; None where nobody said it."""

    parameters: int | None = None
    pretraining_data: tuple[str, ...] | None = None
    pretraining_pairs: int | None = None
    interaction: str | None = None
    hard_negatives: bool | None = None
    is_run_here: bool = False


def system_traits(session: Session, board: BoardKey) -> dict[UUID, SystemTraits]:
    """Read what is known of every system with a result on a board, by submission."""
    record = Evaluation.run_record
    is_scored = (col(Evaluation.status) == Status.SUCCEEDED, *on_board(board))
    # All runs of a submission are of one system: the first one that was scored tells what there is to tell.
    first = (
        select(col(SubmittedRun.submission_id), func.min(SubmittedRun.position).label("position"))
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .where(*is_scored)
        .group_by(col(SubmittedRun.submission_id))
        .subquery()
    )
    rows = session.exec(
        select(  # type: ignore[call-overload]
            Submission.id,
            Submission.manifest["traits"],
            SubmittedRun.format,
            record["model", "parameters"],  # type: ignore[index]
            record["reranking"],  # type: ignore[index]
            record["candidates"],  # type: ignore[index]
        )
        .join(SubmittedRun, col(SubmittedRun.submission_id) == col(Submission.id))
        .join(
            first,
            (first.c.submission_id == col(SubmittedRun.submission_id))
            & (first.c.position == col(SubmittedRun.position)),
        )
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .where(*is_scored)
        # Of a run that was scored again, the newest one counts, as everywhere.
        .order_by(col(Evaluation.queued_at).desc(), col(Evaluation.id).desc())
    ).all()
    found: dict[UUID, SystemTraits] = {}
    for submission_id, stated, form, parameters, reranking, candidates in rows:
        if submission_id not in found:
            known = {"parameters": parameters, "interaction": _interaction(reranking, candidates)}
            is_run_here = form == "model"
            found[submission_id] = _traits(stated or {}, known if is_run_here else {}, is_run_here=is_run_here)
    return found


def verified_on(session: Session, board: BoardKey, *, as_of: date | None = None) -> set[UUID]:
    """Find the submissions whose claims came back under a board's protocol, as the newest audit of each source says.

    All of those that an audit decided on must have come back, and one at least.

    Args:
        session: Where they are.
        board: Which board.
        as_of: The day by whose end they must have come back; until now if omitted.
    """
    newest: dict[str, list[Mapping[str, Any]]] = {}
    audits = select(Audit.subject, Audit.document["verdicts"]).where(*is_audited(as_of))
    for subject, verdicts in session.exec(audits.order_by(col(Audit.created_at))):
        newest[subject] = verdicts or []
    came_back: dict[UUID, bool] = {}
    for one in (verdict for verdicts in newest.values() for verdict in verdicts):
        if one["measured_under"] == board.protocol and one["verdict"] in (*_CAME_BACK, Verdict.NOT_REPRODUCED):
            submission_id = UUID(one["submission"])
            came_back[submission_id] = came_back.get(submission_id, True) and one["verdict"] in _CAME_BACK
    return {submission_id for submission_id, all_did in came_back.items() if all_did}


def _traits(stated: Mapping[str, Any], known: Mapping[str, Any], *, is_run_here: bool) -> SystemTraits:
    data = stated.get("pretraining_data")
    return SystemTraits(
        parameters=stated.get("parameters", known.get("parameters")),
        pretraining_data=None if data is None else tuple(data),
        pretraining_pairs=stated.get("pretraining_pairs"),
        interaction=stated.get("interaction", known.get("interaction")),
        hard_negatives=stated.get("hard_negatives"),
        is_run_here=is_run_here,
    )


def _interaction(reranking: object, candidates: object) -> str:
    """Say where the modalities meet in a model that was run: another encoder's candidates leave it a cross-encoder."""
    if reranking is None:
        return "dual-encoder"
    return "re-ranking" if candidates is None else "cross-encoder"
