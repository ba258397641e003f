"""What there is to watch: the queue, what became of its jobs, and how the API answers, in the format of Prometheus.

What concerns jobs is counted in the database when it is asked for, so that it is true whichever process answers, and
survives every restart.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Float, case, cast, extract, func
from sqlmodel import Session, col, select

from splits.errors import RematchError
from submissions.database import session
from submissions.tables import Evaluation, Queue, Status, Submission, now

KEPT_SECONDS = 5.0
"""However often somebody asks, the database is counted no more often than this."""
BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)
"""Seconds of a job; each bound holds everything up to it."""

REGISTRY = CollectorRegistry()
REQUEST_SECONDS = Histogram(
    "rematch_http_request_seconds",
    "Time to answer a request of the HTTP API, in seconds.",
    ["method", "route", "status"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0),
)


def written_measures() -> tuple[bytes, str]:
    """Return all that there is to watch, and its media type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the database says at one moment."""

    jobs: dict[tuple[str, str], int]
    """By queue and status."""
    oldest: dict[str, float]
    """Seconds that the longest waiting job of each queue has waited."""
    reasons: dict[tuple[str, str], int]
    """Failed jobs by reason, and by whose fault."""
    waiting: int
    """Queued jobs that wait for something of ours to be mended."""
    durations: dict[str, tuple[list[int], float]]
    """By queue: how many jobs ended within each bound, and the sum of their seconds."""
    submissions: int


class _Jobs(Collector):
    """Counts jobs when asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[float, _Counted | None] = (-KEPT_SECONDS, None)

    def collect(self) -> Iterable[Metric]:
        counted = self._counted()
        up = GaugeMetricFamily("rematch_database_up", "Whether the database answers.")
        up.add_metric([], float(counted is not None))
        yield up
        if counted is not None:
            yield from _metrics(counted)

    def _counted(self) -> _Counted | None:
        with self._lock:
            moment, counted = self._last
            if time.monotonic() - moment < KEPT_SECONDS:
                return counted
            try:
                with session() as opened:
                    counted = _count(opened)
            except RematchError:
                counted = None
            self._last = (time.monotonic(), counted)
            return counted


def _metrics(counted: _Counted) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("rematch_jobs", "Evaluations by queue and status.", labels=["queue", "status"])
    for queue in Queue:
        for status in Status:
            jobs.add_metric([queue.value, status.value], counted.jobs.get((queue.value, status.value), 0))
    yield jobs
    oldest = GaugeMetricFamily(
        "rematch_oldest_queued_seconds", "How long the longest waiting evaluation has waited.", labels=["queue"]
    )
    for queue in Queue:
        oldest.add_metric([queue.value], counted.oldest.get(queue.value, 0.0))
    yield oldest
    yield GaugeMetricFamily(
        "rematch_jobs_waiting_for_us", "Queued evaluations that wait after a fault of the board.", value=counted.waiting
    )
    failed = CounterMetricFamily(
        "rematch_jobs_failed", "Evaluations that failed, by reason and by whose fault.", labels=["reason", "fault"]
    )
    for (reason, fault), number in counted.reasons.items():
        failed.add_metric([reason, fault], number)
    yield failed
    yield CounterMetricFamily("rematch_submissions", "Submissions that were taken in.", value=counted.submissions)
    durations = HistogramMetricFamily(
        "rematch_job_seconds", "Time from the start of an evaluation to its result.", labels=["queue"]
    )
    for queue_name, (within, total) in counted.durations.items():
        bounds = [*map(str, BUCKETS), "+Inf"]
        durations.add_metric([queue_name], list(zip(bounds, within, strict=True)), sum_value=total)
    yield durations


def _count(opened: Session) -> _Counted:
    moment = now()
    queue, status = col(Evaluation.queue), col(Evaluation.status)
    jobs = opened.exec(select(Evaluation.queue, Evaluation.status, func.count()).group_by(queue, status)).all()
    queued = status == Status.QUEUED
    oldest = opened.exec(select(Evaluation.queue, func.min(Evaluation.queued_at)).where(queued).group_by(queue)).all()
    waiting = select(func.count()).select_from(Evaluation).where(queued, col(Evaluation.not_before) > moment)
    reasons = opened.exec(
        select(Evaluation.reason, Evaluation.our_fault, func.count())
        .where(status == Status.FAILED)
        .group_by(col(Evaluation.reason), col(Evaluation.our_fault))
    ).all()
    return _Counted(
        jobs={(Queue(name).value, Status(state).value): number for name, state, number in jobs},
        oldest={Queue(name).value: (moment - since).total_seconds() for name, since in oldest if since},
        reasons={(reason or "unknown", "ours" if ours else "theirs"): number for reason, ours, number in reasons},
        waiting=opened.exec(waiting).one(),
        durations=_durations(opened),
        submissions=opened.exec(select(func.count()).select_from(Submission)).one(),
    )


def _durations(opened: Session) -> dict[str, tuple[list[int], float]]:
    seconds = _seconds(opened)
    within = [func.sum(case((seconds <= bound, 1), else_=0)) for bound in BUCKETS]
    rows = opened.execute(
        select(Evaluation.queue, *within, func.count(), func.sum(seconds))  # type: ignore[call-overload]
        .where(col(Evaluation.status) == Status.SUCCEEDED, col(Evaluation.started_at).is_not(None))
        .group_by(col(Evaluation.queue))
    ).all()
    return {Queue(row[0]).value: ([int(one) for one in row[1:-1]], float(row[-1])) for row in rows}


def _seconds(opened: Session) -> ColumnElement[float]:
    started, finished = col(Evaluation.started_at), col(Evaluation.finished_at)
    if opened.get_bind().dialect.name == "postgresql":
        return cast(extract("epoch", finished) - extract("epoch", started), Float)
    return (func.julianday(finished) - func.julianday(started)) * 86400.0


REGISTRY.register(_Jobs())
