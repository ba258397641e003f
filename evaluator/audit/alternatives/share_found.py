"""The share of relevant candidates among the first K, which information retrieval calls recall."""

from collections.abc import Iterator

import numpy as np

from evaluator.audit.alternative import Alternative, Form, Span, Values, summed
from evaluator.audit.case import Case, values_of
from evaluator.groups import RelevantGroups, relevant_groups
from evaluator.metric import METRICS
from evaluator.report import Report
from evaluator.run import Run


def _forms(case: Case) -> Iterator[Form]:
    if case.protocol.folds is None:
        yield Form(case.over_runs(lambda run, report: _values(case, run, report)))


def _values(case: Case, run: Run, report: Report) -> Values:
    _, ranked = case.ranked(run)
    values = dict(values_of(report))
    cutoffs = {name: METRICS[name].cutoff for name in case.protocol.metrics if name.startswith("R@")}
    for direction in report.counts:
        groups = relevant_groups(ranked, case.judgments.towards(direction), direction)
        for name, k in cutoffs.items():
            values[name, direction] = Span.exactly(share_found(groups, k or 0))
    return summed(values)


def share_found(groups: RelevantGroups, k: int) -> float:
    """Return the mean over queries of the share of relevant candidates among the first K, ties in expectation."""
    places = np.clip(k - groups.above, 0, groups.size)
    found = np.add.reduceat(groups.relevant * places / groups.size, groups.offsets[:-1])
    return float(np.mean(found / groups.n_relevant))


SHARE_FOUND = Alternative("share-found", "the share of relevant candidates found instead of any", _forms)
