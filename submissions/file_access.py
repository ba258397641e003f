"""Whose a stored file is, and who may know that it is here: what their submissions say, and never the digest alone."""

from typing import Any

from sqlalchemy import or_, true
from sqlmodel import Session, col, select

from submissions.account_tables import Account, Role
from submissions.tables import Artifact, Submission, SubmittedRun
from submissions.visibility import is_seen_by


def is_handed_in(session: Session, viewer: Account | None, sha256: str) -> bool:
    """Whether an artifact belongs to a submission that somebody sees."""
    return _belongs(session, sha256, is_seen_by(viewer))


def is_own_file(session: Session, account: Account, sha256: str) -> bool:
    """Whether an artifact belongs to a submission of an account; every one is an admin's own."""
    own = true() if account.role is Role.ADMIN else col(Submission.account_id) == account.id
    return _belongs(session, sha256, own)


def is_content_of_run(sha256: Any) -> Any:
    """Return the condition that a run was handed in with a file, as its scores, its weights or its split."""
    return or_(col(SubmittedRun.artifact_sha256) == sha256, col(SubmittedRun.split_file_sha256) == sha256)


def _belongs(session: Session, sha256: str, condition: Any) -> bool:
    return (
        session.exec(
            select(Artifact.sha256)
            .where(col(Artifact.sha256) == sha256)
            .join(SubmittedRun, is_content_of_run(sha256))
            .join(Submission, col(Submission.id) == col(SubmittedRun.submission_id))
            .where(condition)
            .limit(1)
        ).first()
        is not None
    )
