"""Shared ranks: a system stands below another only where the gap is larger than both kinds of noise.

The rule and its reasons are in `docs/reference/board.md`. The two variances are tested one after the other and never
added: query noise by a paired test over images with Holm's correction over the board, seed noise from the runs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leaderboard.paired_ranks import Effects

Values = NDArray[np.float64]

Z95 = 1.959963984540054
ALPHA = 0.05


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
    effects: Effects
    """What images do to the ranked value."""

    @property
    def ranked(self) -> NDArray[np.bool_]:
        """Whether a system takes part in the ranks."""
        return np.isfinite(self.mean) & np.isfinite(self.query_error)


def standard_error(low: Values, high: Values) -> Values:
    """Turn 95 % intervals into standard errors.

    >>> standard_error(np.array([0.0]), np.array([2 * Z95])).round(6).tolist()
    [1.0]
    """
    return (high - low) / (2 * Z95)


def shared_ranks(systems: Contenders) -> NDArray[np.int64]:
    """Rank every system at 1 + the number of systems that are better beyond noise; 0 means unranked.

    A system never stands above one with a higher mean: else a large noise of its own would buy it a better rank.

    >>> unknown = Effects.unknown(3)
    >>> rows = Contenders(np.array([4.0, 3.99, 2.0]), np.full(3, 0.05), np.full(3, np.nan), np.ones(3), unknown)
    >>> shared_ranks(rows).tolist()
    [1, 1, 3]
    """
    ranks = np.zeros(len(systems.mean), dtype=np.int64)
    ranked = np.flatnonzero(systems.ranked)
    order = ranked[np.argsort(-systems.mean[ranked], kind="stable")]
    ranks[order] = 1 + better_beyond_noise(systems, order).sum(axis=0)
    falling = -systems.mean[order]
    last_of_equals = np.searchsorted(falling, falling, side="right") - 1
    ranks[order] = np.maximum.accumulate(ranks[order])[last_of_equals]
    return ranks


def better_beyond_noise(systems: Contenders, order: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell for each pair (row, column) of an order by falling mean whether the first is better beyond both noises."""
    from evaluator.audit.holm import rejected

    above, below = np.triu_indices(len(order), 1)
    better = np.zeros((len(order), len(order)), dtype=bool)
    # A pair of equals is a test too, which the correction counts; its p-value is 1.
    found = np.flatnonzero(rejected(query_pvalues(systems, order[above], order[below]), alpha=ALPHA))
    above, below = above[found], below[found]
    better[above, below] = beyond_seed_noise(systems, order[above], order[below])
    return better


def query_pvalues(systems: Contenders, above: NDArray[np.intp], below: NDArray[np.intp]) -> Values:
    """Return the two-sided p-value of the gap of every pair: paired where both effects are known, else unpaired."""
    from scipy.special import ndtr

    gap = systems.mean[above] - systems.mean[below]
    pvalues = np.ones(len(gap))
    effects = systems.effects
    paired = effects.of_system[above] & effects.of_system[below]
    if paired.any():
        pvalues[paired] = _paired_pvalues(effects, systems.mean, above[paired], below[paired], n_tests=len(gap))
    alone = np.flatnonzero(~paired & (gap > 0))
    noise = np.hypot(systems.query_error[above[alone]], systems.query_error[below[alone]])
    with np.errstate(divide="ignore"):
        pvalues[alone] = 2 * ndtr(-gap[alone] / noise)
    return pvalues


def _paired_pvalues(
    effects: Effects, means: Values, above: NDArray[np.intp], below: NDArray[np.intp], *, n_tests: int
) -> Values:
    from evaluator.audit.paired import all_differences, deciding_pvalues

    row_of = np.cumsum(effects.of_system) - 1
    found = all_differences(means[effects.of_system], effects.values).at((row_of[above], row_of[below]))
    gap = means[above] - means[below]
    return deciding_pvalues(gap, found, effects.n_clusters, n_tests=n_tests, alpha=ALPHA)


def beyond_seed_noise(systems: Contenders, above: NDArray[np.intp], below: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Apply Welch's two-sided test to pairs whose gap is positive.

    A side whose seeds say nothing adds no noise and no degrees of freedom; pairs without seeds on either side pass.
    """
    from evaluator.audit.seed_noise import Noise, gap_pvalues

    passed = np.ones(len(above), dtype=bool)
    tested = np.isfinite(systems.seed_variance[above]) | np.isfinite(systems.seed_variance[below])
    first, second = above[tested], below[tested]
    sides = [
        Noise(np.sqrt(np.nan_to_num(systems.seed_variance[side]) / systems.seeds[side]), systems.seeds[side] - 1)
        for side in (first, second)
    ]
    passed[tested] = gap_pvalues(systems.mean[first] - systems.mean[second], *sides) < ALPHA
    return passed
