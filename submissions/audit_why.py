"""The explainer for a page: only where scores are stored and small enough that a visitor can wait for the answer."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from evaluator.audit.claim import Claim
from evaluator.model_order import MODEL
from submissions.audit_explanations import tried
from submissions.tables import Artifact, Evaluation, Status, Submission, SubmittedRun
from submissions.visibility import is_public

MOST_BYTES = 16 * 2**20
"""Of the score files of one system together; more takes longer than a visitor waits."""


def can_wait(session: Session, evaluation_ids: Sequence[str]) -> bool:
    """Whether the scores of some evaluations are all stored, public, and few enough to be tried at once."""
    sizes = _sizes(session, evaluation_ids)
    return 0 < len(sizes) == len(set(evaluation_ids)) and sum(sizes) <= MOST_BYTES


def why(session: Session, verdicts: Sequence[Mapping[str, Any]], claims: Sequence[Claim]) -> dict[str, Any]:
    """Say which way of evaluating gives the claims of one row; see `can_wait` first.

    Args:
        session: Where the stored scores are found.
        verdicts: Those of the row, as an audit's document has them.
        claims: The claims of the row.
    """
    named = [UUID(one) for one in verdicts[0]["evaluations"]]
    evaluations = [session.get_one(Evaluation, one) for one in named]
    return tried(claims, verdicts[0]["measured_under"], session, evaluations)


def _sizes(session: Session, evaluation_ids: Sequence[str]) -> list[int]:
    query = (
        select(Artifact.size)
        .join(SubmittedRun, col(SubmittedRun.artifact_sha256) == col(Artifact.sha256))
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .join(Submission, col(Submission.id) == col(SubmittedRun.submission_id))
        .where(
            col(Evaluation.id).in_([UUID(one) for one in evaluation_ids]),
            col(Evaluation.status) == Status.SUCCEEDED,
            col(SubmittedRun.format) != MODEL,
            is_public(),
        )
    )
    return list(session.exec(query))
