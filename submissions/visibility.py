"""Who sees which submissions: everybody the public ones, an owner also the own ones, an admin all.

Everything that is shown to more than one person asks here, so that a private submission shows nowhere by accident.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, true
from sqlmodel import Session, col

from submissions.account_tables import Account, Role
from submissions.errors import SubmissionError
from submissions.tables import Submission


def is_public() -> Any:
    """Return the condition that everybody sees a submission."""
    return col(Submission.is_private).is_(False)


def is_seen_by(viewer: Account | None) -> Any:
    """Return the condition that somebody sees a submission; None is somebody without an account."""
    if viewer is None:
        return is_public()
    if viewer.role is Role.ADMIN:
        return true()
    return or_(is_public(), col(Submission.account_id) == viewer.id)


def may_see(viewer: Account | None, submission: Submission) -> bool:
    """Whether somebody sees a submission."""
    return not submission.is_private or may_change(viewer, submission)


def may_change(viewer: Account | None, submission: Submission) -> bool:
    """Whether a submission is somebody's to publish, cancel or replace."""
    if viewer is None:
        return False
    return viewer.role is Role.ADMIN or submission.account_id == viewer.id


def seen_submission(session: Session, submission_id: UUID, viewer: Account | None) -> Submission:
    """Return a submission that somebody sees.

    Raises:
        SubmissionError: There is none, or none that this viewer may know of, which is said in the same words.
    """
    found = session.get(Submission, submission_id, populate_existing=True)
    if found is None or not may_see(viewer, found):
        raise SubmissionError(f"There is no submission {submission_id}. Check the id, or list what there is.")
    return found
