"""Only the first k candidates of every query in their order, all others level: a re-ranker that scores k candidates.

Scripts fill what is not re-ranked with a constant and sort, so that an accident of order decides whether a relevant
candidate outside the first k comes next. The limits are those of the orders that scripts give: by index, up or down.
"""

from collections.abc import Iterator

import numpy as np

from evaluator.audit.alternative import Alternative, Form, Span, Values, summed
from evaluator.audit.case import Case, mean_of, values_of
from evaluator.metric import METRICS, Aggregate, TieValues
from evaluator.report import RankCounts, Report
from splits.split import Relevance

DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 32, 64, 128, 256)


def _forms(case: Case) -> Iterator[Form]:
    if case.protocol.folds is None:
        for k in DEPTHS:
            yield Form(mean_of([_values(case, report, k) for report in case.reports]), f"k = {k}")


def _values(case: Case, report: Report, k: int) -> Values:
    values = dict(values_of(report))
    for direction, counts in report.counts.items():
        relevance = case.judgments.towards(direction)
        cut = truncated(counts, relevance, k)
        for name in case.protocol.metrics:
            if measure := METRICS[name].from_counts:
                span = _span(measure(cut), METRICS[name].aggregate)
                values[name, direction] = _as_sorted(span, name, cut, relevance) if name.startswith("R@") else span
    return summed(values)


def _as_sorted(span: Span, name: str, cut: RankCounts, relevance: Relevance) -> Span:
    """Limit a recall to what order by index gives: only the first or the last candidates of all can come next."""
    cutoff = METRICS[name].cutoff or 0
    found = cut.above[0] < cutoff
    first = relevance.candidates[relevance.offsets[cut.queries]] < cutoff
    last = relevance.candidates[relevance.offsets[cut.queries + 1] - 1] >= relevance.n_candidates - cutoff
    surely = (cut.above + cut.tied)[0] < cutoff
    high = max(float(np.mean(surely | (found & luck))) for luck in (first, last))
    return Span(span.value, span.low, max(span.value, high))


def _span(values: TieValues, aggregate: Aggregate) -> Span:
    over = np.mean if aggregate is Aggregate.MEAN else np.median
    expected, *bounds = (float(over(value[0])) for value in values)
    return Span(expected, min(bounds), max(bounds))


def truncated(counts: RankCounts, relevance: Relevance, k: int) -> RankCounts:
    """Let all candidates but the first k of every query share the last place."""
    n_relevant = np.diff(relevance.offsets)[counts.queries].astype(np.int32)[None]
    lost = counts.above >= k
    rest = np.maximum(relevance.n_candidates - k, n_relevant)
    return RankCounts(
        counts.queries,
        np.where(lost, np.minimum(k, relevance.n_candidates - n_relevant), counts.above).astype(np.int32),
        np.where(lost, rest - n_relevant, counts.tied).astype(np.int32),
        np.where(lost, n_relevant, counts.tied_relevant).astype(np.int32),
    )


TRUNCATED_RERANKING = Alternative(
    "truncated-re-ranking", "a ranking of the first k candidates alone, with all others level", _forms
)
