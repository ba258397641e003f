"""What an account may hand in: counted from what is recorded, so that a failure of ours is never charged."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func
from sqlmodel import Session, col, select

from submissions.account_tables import Account
from submissions.api_errors import QuotaError
from submissions.api_settings import get_api_settings
from submissions.findings import count_of
from submissions.status import UNFINISHED
from submissions.tables import Evaluation, Status, Submission, SubmittedRun, now

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Quota:
    """What an account used and may use."""

    submissions_today: int
    """In the last 24 hours, without those that failed through the board."""
    most_submissions: int
    unfinished_evaluations: int
    most_unfinished: int


def quota_of(session: Session, account: Account) -> Quota:
    """Count what an account used."""
    settings = get_api_settings()
    charged = select(func.count()).where(*_charged(account))
    waiting = (
        select(func.count())
        .select_from(Evaluation)
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .join(Submission, col(Submission.id) == col(SubmittedRun.submission_id))
        .where(col(Submission.account_id) == account.id, col(Evaluation.status).in_(UNFINISHED))
    )
    return Quota(
        session.exec(charged).one(),
        settings.api_daily_submissions,
        session.exec(waiting).one(),
        settings.api_unfinished_evaluations,
    )


def refuse_over_quota(session: Session, account: Account, n_evaluations: int) -> None:
    """Refuse a submission that is one too many.

    Args:
        session: The database, held still for the account.
        account: Who hands in.
        n_evaluations: How many evaluations the submission asks for.

    Raises:
        QuotaError: It is; says when there is room again.
    """
    quota = quota_of(session, account)
    _refuse_many_unfinished(quota, n_evaluations)
    if quota.submissions_today >= quota.most_submissions:
        oldest = session.exec(select(func.min(Submission.created_at)).where(*_charged(account))).one()
        wait = None if oldest is None else (oldest + DAY - now()).total_seconds()
        raise QuotaError(
            f"At most {count_of(quota.most_submissions, 'submission')} in 24 hours, found {quota.submissions_today}."
            " Those that failed through this board do not count. Nothing was stored; come again later.",
            retry_seconds=wait,
        )


def refuse_many_unfinished(session: Session, account: Account, n_evaluations: int) -> None:
    """Refuse to queue so many evaluations where too many of the account wait or run already.

    Raises:
        QuotaError: They would be too many.
    """
    _refuse_many_unfinished(quota_of(session, account), n_evaluations)


def _refuse_many_unfinished(quota: Quota, n_evaluations: int) -> None:
    if quota.unfinished_evaluations + n_evaluations > quota.most_unfinished:
        raise QuotaError(
            f"At most {count_of(quota.most_unfinished, 'evaluation')} may wait or run at the same time, found"
            f" {quota.unfinished_evaluations} and {n_evaluations} more. Nothing was stored; send it again when some are"
            " done.",
            retry_seconds=60,
        )


def _charged(account: Account) -> list[Any]:
    # One that brought a result was of use, whatever else of it failed.
    in_vain = and_(_has(col(Evaluation.our_fault)), ~_has(col(Evaluation.status) == Status.SUCCEEDED))
    return [col(Submission.account_id) == account.id, col(Submission.created_at) > now() - DAY, ~in_vain]


def _has(condition: Any) -> Any:
    """Return the condition that a submission has such an evaluation."""
    return (
        select(Evaluation.id)
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .where(col(SubmittedRun.submission_id) == col(Submission.id), condition)
        .correlate(Submission)
        .exists()
    )
