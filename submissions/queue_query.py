"""What waits, runs, failed and was done lately: all of it counted, and of public submissions also which they are."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from submissions.queue_state import Done, Failed, Part, QueueState, Running, Waiting, Whose
from submissions.store import is_due
from submissions.tables import Evaluation, Status, Submission, SubmittedRun, now
from submissions.visibility import is_public

LATELY = timedelta(days=1)
MOST_LINES = 50
"""So many lines of each part; the others are counted."""
_ENDED = (Status.SUCCEEDED, Status.CANCELLED)


def read_queue(session: Session) -> QueueState:
    """Read the queue as it is now."""
    moment = now()
    conditions = _conditions(moment)
    oldest = session.exec(select(func.min(Evaluation.queued_at)).where(conditions["waiting"])).one()
    return QueueState(
        at=moment,
        parts={name: _part(session, where) for name, where in conditions.items()},
        oldest=oldest,
        waiting=_waiting(session, conditions["waiting"], moment),
        running=_running(session, conditions["running"]),
        failed=_failed(session, conditions["failed"]),
        done=_done(session, conditions["done"]),
    )


def count_parts(session: Session) -> dict[str, Part]:
    """Count what waits, runs, failed and was done lately."""
    return {name: _part(session, where) for name, where in _conditions(now()).items()}


def _conditions(moment: datetime) -> dict[str, Any]:
    status, ended = col(Evaluation.status), col(Evaluation.finished_at)
    return {
        "waiting": status == Status.QUEUED,
        "running": status == Status.RUNNING,
        # What was replaced is nobody's concern any more.
        "failed": (status == Status.FAILED) & col(Submission.superseded_by).is_(None),
        "done": status.in_(_ENDED) & (ended > moment - LATELY),
    }


def _part(session: Session, where: Any) -> Part:
    rows = session.exec(_joined(Submission.is_private, func.count()).where(where).group_by(Submission.is_private))
    counts = Counter({bool(is_private): n for is_private, n in rows})
    return Part(counts.total(), counts[True])


def _waiting(session: Session, where: Any, moment: datetime) -> list[Waiting]:
    line = func.row_number().over(
        partition_by=col(Evaluation.queue), order_by=(col(Evaluation.queued_at), col(Evaluation.id))
    )
    due: Any = select(col(Evaluation.id).label("id"), line.label("place"))
    places = due.where(col(Evaluation.status) == Status.QUEUED, is_due(moment)).subquery()
    since = func.min(Evaluation.queued_at)
    rows = session.exec(
        _joined(
            *_WHOSE,
            func.count(),
            func.min(places.c.place),
            since,
            func.min(Evaluation.not_before),
            func.max(Evaluation.message),
        )
        .outerjoin(places, places.c.id == col(Evaluation.id))
        .where(where, is_public())
        .group_by(*_WHOSE)
        .order_by(since, col(Submission.id))
        .limit(MOST_LINES)
    )
    return [Waiting(Whose(*row[:5]), *row[5:]) for row in rows]


def _running(session: Session, where: Any) -> list[Running]:
    rows = session.exec(
        _joined(*_WHOSE, SubmittedRun.seed, Evaluation.started_at, Evaluation.progress)
        .where(where, is_public())
        .order_by(col(Evaluation.started_at), col(Evaluation.id))
        .limit(MOST_LINES)
    )
    return [Running(Whose(*row[:5]), *row[5:]) for row in rows]


def _failed(session: Session, where: Any) -> list[Failed]:
    at = func.max(Evaluation.finished_at)
    rows = session.exec(
        _joined(*_WHOSE, func.count(), Evaluation.message, at)
        .where(where, is_public())
        .group_by(*_WHOSE, col(Evaluation.message))
        .order_by(at.desc(), col(Submission.id))
        .limit(MOST_LINES)
    )
    return [Failed(Whose(*row[:5]), *row[5:]) for row in rows]


def _done(session: Session, where: Any) -> list[Done]:
    rows = session.exec(
        _joined(*_WHOSE, SubmittedRun.seed, Evaluation.status, Evaluation.started_at, Evaluation.finished_at)
        .where(where, is_public())
        .order_by(col(Evaluation.finished_at).desc(), col(Evaluation.id))
        .limit(MOST_LINES)
    )
    return [Done(Whose(*row[:5]), row[5], Status(row[6]), *row[7:]) for row in rows]


_WHOSE: tuple[Any, ...] = (
    col(Submission.id),
    col(Submission.system),
    col(Submission.submitter),
    col(Evaluation.protocol),
    col(Evaluation.protocol_version),
)


def _joined(*columns: Any) -> Any:
    joined = select(*columns).select_from(Evaluation).join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
    return joined.join(Submission, col(Submission.id) == col(SubmittedRun.submission_id))
