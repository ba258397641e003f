"""Mean reciprocal rank of the best relevant candidate."""

import numpy as np

from evaluator.metric import Metric, TieValues
from evaluator.report import RankCounts


def reciprocal_rank(counts: RankCounts) -> TieValues:
    """Return 1 / rank, expected over random orders of the tied candidates."""
    first = counts.above + 1.0
    expected = 1 / first
    unsure = np.nonzero(counts.tied)
    triples = np.stack([c[unsure] for c in (counts.above, counts.tied, counts.tied_relevant)], axis=1)
    distinct, inverse = np.unique(triples, axis=0, return_inverse=True)
    expected[unsure] = np.array([_expected(*map(int, row)) for row in distinct], dtype=float)[inverse.ravel()]
    return TieValues(expected, 1 / (first + counts.tied), 1 / first)


def _expected(above: int, irrelevant: int, relevant: int) -> float:
    """Average 1 / rank over the place of the first of `relevant` among all the tied candidates."""
    before = np.arange(irrelevant + 1)
    left = irrelevant - before + relevant
    # P(the first `before` are all irrelevant), as a running product.
    none_yet = np.concatenate(([1.0], np.cumprod((left[:-1] - relevant) / left[:-1])))
    return float(np.sum(none_yet * (relevant / left) / (above + 1 + before)))


MEAN_RECIPROCAL_RANK = Metric(
    name="MRR",
    definition="Mean over queries of 1 / rank of the best relevant candidate.",
    from_counts=reciprocal_rank,
)
