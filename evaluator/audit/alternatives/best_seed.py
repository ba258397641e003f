"""The best of several runs instead of their mean."""

from collections.abc import Iterator

from evaluator.audit.alternative import Alternative, Form, Span, Values
from evaluator.audit.case import Case, values_of
from evaluator.metric import METRICS


def _forms(case: Case) -> Iterator[Form]:
    runs = [values_of(report) for report in case.reports]
    if len(runs) > 1:
        yield Form(max(runs, key=_merit), "the run that is best overall")
        yield Form({key: _best(key[0], [values[key] for values in runs]) for key in case.own}, "each cell for itself")


def _merit(values: Values) -> float:
    """Add up what is a share of queries: the one direction of ranks says little of a run as a whole."""
    return sum(span.value for (metric, _), span in values.items() if metric in METRICS and METRICS[metric].is_fraction)


def _best(metric: str, spans: list[Span]) -> Span:
    lower = metric in METRICS and not METRICS[metric].higher_is_better
    return (min if lower else max)(spans, key=lambda span: span.value)


BEST_SEED = Alternative("best-seed", "the best of the runs instead of their mean", _forms)
