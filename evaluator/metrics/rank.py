"""Median and mean rank of the best relevant candidate, counted from 1.

With r relevant among t tied candidates, the first relevant one stands behind (t - r) / (r + 1) of the others on
average. MedR is the median over queries of those expected ranks; VSE++ and its descendants print its integer part.
"""

import numpy as np

from evaluator.metric import Aggregate, Metric, TieValues
from evaluator.report import RankCounts


def best_rank(counts: RankCounts) -> TieValues:
    """Return the rank of the best relevant candidate."""
    first = counts.above.astype(np.float64) + 1
    return TieValues(first + counts.tied / (counts.tied_relevant + 1.0), first + counts.tied, first)


MEDIAN_RANK = Metric(
    name="MedR",
    definition="Median over queries of the rank of the best relevant candidate.",
    from_counts=best_rank,
    aggregate=Aggregate.MEDIAN,
    higher_is_better=False,
    is_fraction=False,
)

MEAN_RANK = Metric(
    name="MeanR",
    definition="Mean over queries of the rank of the best relevant candidate.",
    from_counts=best_rank,
    higher_is_better=False,
    is_fraction=False,
)
