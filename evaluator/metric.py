"""What a metric is, and the catalogue of them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluator.groups import RelevantGroups
from evaluator.report import RankCounts
from splits.catalog import Catalog

Values = NDArray[np.float64]


class TieValues(NamedTuple):
    """A metric's value per query under each way of placing tied candidates; arrays of one shape."""

    expected: Values
    """The mean over all orders of the tied candidates."""
    pessimistic: Values
    """Relevant candidates last among those they tie with."""
    optimistic: Values
    """Relevant candidates first among those they tie with."""


class Aggregate(StrEnum):
    """How values per query become one number."""

    MEAN = "mean"
    MEDIAN = "median"


@dataclass(frozen=True, slots=True)
class Metric:
    """A function from ranks to one value per query, with a way to aggregate.

    Exactly one of `from_counts` and `from_groups` is given: the first needs the best relevant rank only and gives
    values of shape (n_draws, n_queries); the second needs every relevant candidate and gives shape (1, n_queries).
    """

    name: str
    """As printed in papers."""
    definition: str
    """One sentence for pages and reference."""
    from_counts: Callable[[RankCounts], TieValues] | None = None
    from_groups: Callable[[RelevantGroups], TieValues] | None = None
    aggregate: Aggregate = Aggregate.MEAN
    higher_is_better: bool = True
    is_fraction: bool = True
    """Whether values lie between 0 and 1 and are shown as percent; ranks are not."""
    cutoff: int | None = None
    """K, where the metric looks only at the first K candidates: the gallery must hold at least as many."""


METRICS: Catalog[Metric] = Catalog(Metric, "evaluator.metrics")
