"""The records as they stood at the end of a day, as conditions of queries: what came later changes nothing of them.

What was private then and is public now counts as public: nothing is kept of when it was published.
"""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import col

from submissions.audit_tables import Audit
from submissions.tables import Evaluation, Status, Submission
from submissions.visibility import is_public


def end_of(day: date) -> datetime:
    """Return the last moment of a day in UTC."""
    return datetime.combine(day, time.max, UTC)


def is_current(day: date | None = None) -> list[Any]:
    """Return the conditions that a submission is to be shown; of a day, that nothing had superseded it by then."""
    if day is None:
        return [col(Submission.superseded_by).is_(None), is_public()]
    newer = aliased(Submission)
    superseded = exists().where(col(newer.id) == col(Submission.superseded_by), col(newer.created_at) <= end_of(day))
    return [col(Submission.created_at) <= end_of(day), ~superseded, is_public()]


def is_done(day: date | None = None) -> list[Any]:
    """Return the conditions that an evaluation has a result; of a day, that it had one by then."""
    succeeded = col(Evaluation.status) == Status.SUCCEEDED
    return [succeeded] if day is None else [succeeded, col(Evaluation.finished_at) <= end_of(day)]


def is_asked(day: date | None = None) -> list[Any]:
    """Return the conditions that an evaluation is there at all; of a day, that it was by then."""
    return [] if day is None else [col(Evaluation.queued_at) <= end_of(day)]


def is_audited(day: date | None = None) -> list[Any]:
    """Return the conditions that an audit is there; of a day, that it was by then."""
    return [] if day is None else [col(Audit.created_at) <= end_of(day)]


def was_done(status: Status, finished_at: datetime | None, day: date | None) -> Status:
    """Return how an evaluation stood: what finished later still waited."""
    if day is None or status is not Status.SUCCEEDED or (finished_at is not None and finished_at <= end_of(day)):
        return status
    return Status.QUEUED
