"""Whether a gap between two means of runs is more than the runs' own scatter: Welch's test, for many pairs at once.

Welch, B. L. (1947). The generalization of Student's problem when several different population variances are involved.
Biometrika 34.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


class Noise(NamedTuple):
    """How exactly values are known: their standard errors, and the degrees of freedom of those."""

    error: ArrayLike
    """0 where a side adds no noise."""
    freedom: ArrayLike
    """n - 1 for the mean of n runs; infinite for an error that rests on many things, such as images."""


def gap_pvalues(gap: ArrayLike, first: Noise, second: Noise) -> Values:
    """Return the two-sided p-value of every gap; without any noise a gap is certain, and no gap is none.

    >>> gap_pvalues(2.776445, Noise(0.8, 2), Noise(0.6, 2)).round(3).tolist()
    0.054
    """
    from scipy.special import stdtr

    size = np.abs(np.asarray(gap, dtype=np.float64))
    shares = [np.square(np.asarray(side.error, dtype=np.float64)) for side in (first, second)]
    spreads = [
        share**2 / np.maximum(np.asarray(side.freedom, dtype=np.float64), 1)
        for share, side in zip(shares, (first, second), strict=True)
    ]
    total = shares[0] + shares[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = size / np.sqrt(total)
        freedom = total**2 / (spreads[0] + spreads[1])
        pvalues = np.minimum(2 * stdtr(freedom, -statistic), 1.0)
    return np.asarray(np.where(total > 0, pvalues, np.where(size > 0, 0.0, 1.0)), dtype=np.float64)
