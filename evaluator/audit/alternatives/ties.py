"""Tied candidates all in the system's favour, as when only what scores higher is counted, or all against it."""

from collections.abc import Callable, Iterator

from evaluator.audit.alternative import Alternative, Form, Span
from evaluator.audit.case import Case, mean_of
from evaluator.report import Measurement


def _optimistic(case: Case) -> Iterator[Form]:
    yield _form(case, lambda measured: measured.optimistic)


def _pessimistic(case: Case) -> Iterator[Form]:
    yield _form(case, lambda measured: measured.pessimistic)


def _form(case: Case, bound: Callable[[Measurement], float]) -> Form:
    reports = ({(m.metric, m.direction): Span.exactly(bound(m)) for m in r.measurements} for r in case.reports)
    return Form(mean_of(list(reports)))


OPTIMISTIC_TIES = Alternative("optimistic-ties", "relevant candidates first among those they tie with", _optimistic)
PESSIMISTIC_TIES = Alternative("pessimistic-ties", "relevant candidates last among those they tie with", _pessimistic)
