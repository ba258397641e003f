"""The table compares equal work only: every peer must find the R@K that we find."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evaluator.report import Report
from splits.split import Direction

CUTOFFS = (1, 5, 10)
TOLERANCE = 1e-6
"""Some peers average in float32."""

Recalls = Mapping[tuple[Direction, int], float]


class DisagreementError(Exception):
    """A peer finds another R@K than we do, or ties leave R@K open."""


def recalls_of(report: Report) -> Recalls:
    """Return R@K of both directions; ties would make peers differ, so there must be none that matter."""
    found = {}
    for direction in Direction:
        for k in CUTOFFS:
            value = report.value(f"R@{k}", direction)
            if value.pessimistic != value.optimistic:
                raise DisagreementError(f"{direction} R@{k} depends on ties: generate with another seed.")
            found[direction, k] = value.expected
    return found


def recalls_from_ranks(ranks: Mapping[Direction, NDArray[np.int64]]) -> Recalls:
    """Return R@K from the rank, counted from 0, of every query's best relevant candidate."""
    return {(d, k): float((ranks[d] < k).mean()) for d in ranks for k in CUTOFFS}


def check_agreement(peer: str, found: Recalls, ours: Recalls) -> float:
    """Return the largest difference between a peer and us.

    Raises:
        DisagreementError: It is more than rounding.
    """
    gaps = {place: abs(found[place] - ours[place]) for place in ours}
    (direction, k), gap = max(gaps.items(), key=lambda item: item[1])
    if not gap <= TOLERANCE:
        raise DisagreementError(
            f"{peer} finds {direction} R@{k} = {found[direction, k]:.6f}, we find {ours[direction, k]:.6f}."
        )
    return gap
