"""Shared ranks: a system stands below another only where the gap is larger than both kinds of noise.

The rule and its reasons are in `docs/reference/board.md`. The two variances are tested one after the other and never
added: query noise comes from the bootstrap over images, seed noise from the runs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

Z95 = 1.959963984540054
ALPHA = 0.05
_BLOCK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Contenders:
    """What is known of every system, one element each."""

    mean: Values
    """The ranked value, averaged over runs; NaN for a system that has none and stays unranked."""
    query_error: Values
    """Its standard error over queries; NaN where no interval exists, and then the system stays unranked."""
    seed_variance: Values
    """Sample variance over the runs that differ; NaN where there are not two of them."""
    seeds: Values
    """The number of runs that differ."""


def standard_error(low: Values, high: Values) -> Values:
    """Turn 95 % intervals into standard errors.

    >>> standard_error(np.array([0.0]), np.array([2 * Z95])).round(6).tolist()
    [1.0]
    """
    return (high - low) / (2 * Z95)


def shared_ranks(systems: Contenders) -> NDArray[np.int64]:
    """Rank every system at 1 + the number of systems that are better beyond noise; 0 means unranked.

    A system never stands above one with a higher mean: else a large noise of its own would buy it a better rank.

    >>> rows = Contenders(np.array([4.0, 3.99, 2.0]), np.full(3, 0.05), np.full(3, np.nan), np.ones(3))
    >>> shared_ranks(rows).tolist()
    [1, 1, 3]
    """
    ranks = np.zeros(len(systems.mean), dtype=np.int64)
    ranked = np.flatnonzero(np.isfinite(systems.mean) & np.isfinite(systems.query_error))
    order = ranked[np.argsort(-systems.mean[ranked], kind="stable")]
    for start in range(0, len(order), _BLOCK):
        rows = order[start : start + _BLOCK]
        # Sorted by mean, so nobody after the block's last row can be better than a row of the block.
        above = order[: start + _BLOCK]
        ranks[rows] = 1 + better_beyond_noise(systems, above, rows).sum(axis=0)
    falling = -systems.mean[order]
    last_of_equals = np.searchsorted(falling, falling, side="right") - 1
    ranks[order] = np.maximum.accumulate(ranks[order])[last_of_equals]
    return ranks


def better_beyond_noise(systems: Contenders, above: NDArray[np.intp], below: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell for each pair (row: `above`, column: `below`) whether the first is better beyond both kinds of noise."""
    gap = systems.mean[above][:, None] - systems.mean[below][None, :]
    squared = systems.query_error**2
    noise = np.sqrt(squared[above][:, None] + squared[below][None, :])
    better: NDArray[np.bool_] = (gap > 0) & (gap > Z95 * noise)
    rows, columns = np.nonzero(better)
    better[rows, columns] = _beyond_seed_noise(systems, above[rows], below[columns])
    return better


def _beyond_seed_noise(systems: Contenders, above: NDArray[np.intp], below: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Apply Welch's two-sided test to pairs whose gap is positive.

    A side whose seeds say nothing adds no noise and no degrees of freedom; pairs without seeds on either side pass.
    """
    passed = np.ones(len(above), dtype=bool)
    tested = np.isfinite(systems.seed_variance[above]) | np.isfinite(systems.seed_variance[below])
    first, second = above[tested], below[tested]
    shares = [np.nan_to_num(systems.seed_variance[side]) / systems.seeds[side] for side in (first, second)]
    gap = systems.mean[first] - systems.mean[second]
    error = np.sqrt(shares[0] + shares[1])
    spreads = [
        share**2 / np.maximum(systems.seeds[side] - 1, 1) for share, side in zip(shares, (first, second), strict=True)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = gap / error
        freedom = (shares[0] + shares[1]) ** 2 / (spreads[0] + spreads[1])
    passed[tested] = _significant(statistic, freedom)
    return passed


def _significant(statistic: Values, freedom: Values) -> NDArray[np.bool_]:
    """Tell where Student's t is beyond its two-sided critical value; no seed variance at all counts as beyond."""
    from scipy.special import stdtr

    # Below the normal quantile no number of degrees of freedom makes a difference: most pairs need no distribution.
    result = statistic > Z95
    open_ = np.flatnonzero(result & np.isfinite(statistic))
    result[open_] = 2 * stdtr(freedom[open_], -statistic[open_]) < ALPHA
    return result
