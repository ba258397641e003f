"""What the API lists: results, systems and submissions that somebody sees, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, or_, tuple_
from sqlmodel import Session, col, select

from submissions import paging
from submissions.account_tables import Account
from submissions.api_documents import ResultDocument, SystemDocument
from submissions.status import SubmissionStatus, read_statuses
from submissions.tables import Evaluation, Result, Status, Submission, SubmittedRun
from submissions.visibility import is_seen_by


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Which results are wanted; None is any."""

    protocol: str | None = None
    split: str | None = None
    """A name or a digest."""
    system: str | None = None
    submission: UUID | None = None
    metric: str | None = None
    direction: str | None = None
    before: datetime | None = None
    """Finished up to this moment: a board "as of" a date."""
    superseded: bool = False
    """Whether also those of submissions that were replaced."""


def results(
    session: Session, viewer: Account | None, wanted: ResultFilter, *, after: str | None, limit: int
) -> tuple[list[ResultDocument], str | None]:
    """Return a page of results, in the order in which they were finished, and where the next begins."""
    place = (col(Evaluation.finished_at), col(Evaluation.id), col(Result.metric), col(Result.direction))
    query = (
        select(Submission, SubmittedRun, Evaluation, Result)
        .join(SubmittedRun, col(SubmittedRun.submission_id) == col(Submission.id))
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .join(Result, col(Result.evaluation_id) == col(Evaluation.id))
        .where(col(Evaluation.status) == Status.SUCCEEDED, is_seen_by(viewer), *_conditions(wanted))
        .order_by(*place)
        .limit(limit + 1)
    )
    if after is not None:
        values = _place(after)
        # The first of the two conditions says nothing new, but an index knows where to begin.
        query = query.where(tuple_(*place[:2]) >= _as(place[:2], values[:2]), tuple_(*place) > _as(place, values))
    rows = session.exec(query).all()
    page = [_result(*row) for row in rows[:limit]]
    if len(rows) <= limit:
        return page, None
    last = page[-1]
    return page, paging.written([last.finished_at.isoformat(), str(last.evaluation), last.metric, last.direction])


def systems(session: Session, viewer: Account | None) -> list[SystemDocument]:
    """List the current submissions that have a result, by system."""
    rows = session.exec(
        select(Submission, Evaluation.protocol, func.count(col(SubmittedRun.id).distinct()))
        .join(SubmittedRun, col(SubmittedRun.submission_id) == col(Submission.id))
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .where(col(Evaluation.status) == Status.SUCCEEDED, col(Submission.superseded_by).is_(None), is_seen_by(viewer))
        .group_by(col(Submission.id), col(Evaluation.protocol))
        .order_by(col(Submission.system), col(Submission.created_at), col(Evaluation.protocol))
    ).all()
    found: dict[UUID, SystemDocument] = {}
    for submission, protocol, n_runs in rows:
        one = found.setdefault(submission.id, _system(submission))
        one.protocols.append(protocol)
        one.n_runs = max(one.n_runs, n_runs)
    return list(found.values())


def submissions(
    session: Session,
    viewer: Account | None,
    *,
    system: str | None,
    submitter: str | None,
    own: bool,
    after: str | None,
    limit: int,
) -> tuple[list[SubmissionStatus], str | None]:
    """Return a page of submissions, newest first, and where the next begins."""
    query = select(Submission).where(is_seen_by(viewer))
    place = (col(Submission.created_at), col(Submission.id))
    query = query.order_by(*(one.desc() for one in place)).limit(limit + 1)
    for column, value in ((Submission.system, system), (Submission.submitter, submitter)):
        if value is not None:
            query = query.where(col(column) == value)
    if own:
        query = query.where(col(Submission.account_id) == (viewer.id if viewer else None))
    if after is not None:
        moment, last_id = paging.read(after, 2)
        query = query.where(tuple_(*place) < _as(place, (_moment(moment), _uuid(last_id))))
    rows = session.exec(query).all()
    page = read_statuses(session, rows[:limit])
    if len(rows) <= limit:
        return page, None
    return page, paging.written([rows[limit - 1].created_at.isoformat(), str(rows[limit - 1].id)])


def _conditions(wanted: ResultFilter) -> Sequence[Any]:
    conditions: list[Any] = []
    for column, value in (
        (Evaluation.protocol, wanted.protocol),
        (Submission.system, wanted.system),
        (Submission.id, wanted.submission),
        (Result.metric, wanted.metric),
        (Result.direction, wanted.direction),
    ):
        if value is not None:
            conditions.append(col(column) == value)
    if wanted.split is not None:
        named = or_(col(Evaluation.split) == wanted.split, col(Evaluation.split_digest) == wanted.split)
        conditions.append(named)
    if wanted.before is not None:
        conditions.append(col(Evaluation.finished_at) <= wanted.before)
    if not wanted.superseded:
        conditions.append(_is_current(wanted.before))
    return conditions


def _is_current(before: datetime | None) -> Any:
    """Return the condition that a submission was not replaced, or not yet at some moment."""
    replaced = col(Submission.superseded_by)
    if before is None:
        return replaced.is_(None)
    later = Submission.__table__.alias()  # type: ignore[attr-defined]  # SQLModel keeps it untyped
    newer = select(later.c.id).where(and_(later.c.id == replaced, later.c.created_at <= before)).exists()
    return or_(replaced.is_(None), ~newer)


def _result(submission: Submission, run: SubmittedRun, evaluation: Evaluation, result: Result) -> ResultDocument:
    return ResultDocument(
        submission=submission.id,
        system=submission.system,
        submitter=submission.submitter,
        setting=submission.setting,
        evaluation=evaluation.id,
        seed=run.seed,
        protocol=evaluation.protocol,
        protocol_version=evaluation.protocol_version,
        split=evaluation.split,
        split_digest=evaluation.split_digest,
        evaluator_version=evaluation.evaluator_version,
        evaluation_seed=evaluation.seed,
        metric=result.metric,
        direction=result.direction,
        expected=result.expected,
        pessimistic=result.pessimistic,
        optimistic=result.optimistic,
        low=result.low,
        high=result.high,
        spread=result.spread,
        badges=evaluation.badges,
        finished_at=evaluation.finished_at or evaluation.queued_at,
    )


def _system(submission: Submission) -> SystemDocument:
    return SystemDocument(
        system=submission.system,
        submitter=submission.submitter,
        setting=submission.setting,
        submission=submission.id,
        created_at=submission.created_at,
        protocols=[],
        n_runs=0,
    )


def _as(place: Sequence[Any], values: Sequence[Any]) -> Any:
    """Return values as the database keeps them in some columns, to be compared all at once."""
    return tuple_(*(literal(value, column.type) for value, column in zip(values, place, strict=True)))


def _place(after: str) -> tuple[datetime, UUID, str, str]:
    moment, evaluation_id, metric, direction = paging.read(after, 4)
    return _moment(moment), _uuid(evaluation_id), metric, direction


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not is_within_reach(moment):
        raise paging.CursorError("after: expected `next` of the page before, found something else.")
    return moment


def is_within_reach(moment: datetime) -> bool:
    """Whether a moment can be brought to UTC, and every database can keep it."""
    return 1900 < moment.year < 9000


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise paging.CursorError("after: expected `next` of the page before, found something else.") from None
