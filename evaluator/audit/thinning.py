"""What recalls in a whole gallery say of recalls in a part of it, with no assumption on ranks between the printed K.

A query of rank r keeps its relevant candidates in its fold, and each of the r - 1 candidates above them with chance
1 / folds. So its rank in the fold is 1 + Binomial(r - 1, 1 / folds), whatever the system.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Range(NamedTuple):
    """Bounds of a recall."""

    low: float
    high: float


def chance_within(k: int, above: int, folds: int) -> float:
    """Return the chance that at most k - 1 of the candidates above are in the fold.

    >>> chance_within(1, 2, 5), chance_within(5, 4, 5)
    (0.64..., 1.0)
    """
    if above < k:
        return 1.0
    keep = 1 / folds
    return math.fsum(math.comb(above, n) * keep**n * (1 - keep) ** (above - n) for n in range(k))


def recall_in_folds(k: int, whole: Sequence[tuple[int, float]], folds: int, *, per_image: int = 1) -> Range:
    """Bound R@K within folds by the recalls of the whole gallery, given as K and value with K ascending.

    Between two printed K every query is placed last for the lower bound and first for the upper one. Where the
    candidates are captions, `per_image` of them go to a fold together: the upper bound takes those above the relevant
    one to come from as few images as they can. The lower bound takes them one by one, and so holds for K = 1 only.
    """
    low = high = 0.0
    before, below = 0, 0.0
    for place, recall in whole:
        share = recall - below
        low += share * chance_within(k, place - 1, folds)
        high += share * chance_within(k, math.ceil(before / per_image), folds)
        before, below = place, recall
    return Range(low, high + (1 - below) * chance_within(k, math.ceil(before / per_image), folds))
