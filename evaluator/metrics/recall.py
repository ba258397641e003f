"""Recall at K as cross-modal retrieval papers use the name.

A query counts 1 when at least one of its relevant candidates is among the first K, else 0. Elsewhere this is
Success@K or hit rate; it is not the share of relevant candidates found.
"""

import numpy as np

from evaluator.metric import Metric, TieValues
from evaluator.report import RankCounts


def hit_at(k: int, counts: RankCounts) -> TieValues:
    """Return the chance that a relevant candidate is among the first K, when ties are broken at random.

    K - above places are left for t tied candidates of which r are relevant; none of the r gets one with the
    hypergeometric probability C(t - r, places) / C(t, places).

    >>> one_of_two = RankCounts(np.array([0]), *(np.array([[n]], np.int32) for n in (0, 1, 1)))
    >>> [float(value[0, 0]) for value in hit_at(1, one_of_two)]
    [0.5, 0.0, 1.0]
    """
    above, irrelevant, relevant = (a.astype(np.float64) for a in (counts.above, counts.tied, counts.tied_relevant))
    places = np.clip(k - above, 0, irrelevant + relevant)
    miss = np.ones_like(above)
    for taken in range(k):
        # The next place goes to an irrelevant candidate, given that all places before did.
        left = np.maximum(irrelevant - taken, 0)
        miss = np.where(taken < places, miss * left / np.maximum(left + relevant, 1), miss)
    return TieValues(1 - miss, (above + irrelevant < k).astype(float), (above < k).astype(float))


def recall_at(k: int) -> Metric:
    """Build R@K."""
    return Metric(
        name=f"R@{k}",
        definition=f"Share of queries with at least one relevant candidate in the first {k}.",
        from_counts=lambda counts: hit_at(k, counts),
        cutoff=k,
    )


R_AT_1, R_AT_5, R_AT_10 = recall_at(1), recall_at(5), recall_at(10)
