"""How close a reproduction comes: the measures of Breuer et al. that values and per-query hits allow.

Breuer, T., Ferro, N., Fuhr, N., Maistro, M., Sakai, T., Schaer, P., Soboroff, I. (2020). How to measure the
reproducibility of system-oriented IR experiments. SIGIR 2020.

Two of their measures, Kendall's tau union and rank-biased overlap, compare the ranked candidates themselves. Claims
have none, and what is stored of a result is the place of the best relevant candidate only, so neither is here.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scores: TypeAlias = float | NDArray[np.float64]


class Effect(NamedTuple):
    """An advanced system and the baseline that it is held against: their means, or their values query by query."""

    advanced: Scores
    baseline: Scores

    @property
    def improvement(self) -> float:
        """Return by how much the mean of the advanced system is higher."""
        return float(np.mean(self.advanced) - np.mean(self.baseline))

    @property
    def relative_improvement(self) -> float | None:
        """Return the improvement as a share of the baseline; None for a baseline of 0."""
        baseline = float(np.mean(self.baseline))
        return self.improvement / baseline if baseline else None


def effect_ratio(original: Effect, again: Effect) -> float | None:
    """Return how much of an improvement comes back: 1 is all of it, 0 none, below 0 the opposite.

    None where there was no improvement that could come back.

    >>> round(effect_ratio(Effect(0.70, 0.60), Effect(0.68, 0.60)), 3)
    0.8
    """
    return again.improvement / original.improvement if original.improvement else None


def delta_relative_improvement(original: Effect, again: Effect) -> float | None:
    """Return by how much less, as a share of the baseline, the improvement is in the reproduction; 0 is no less.

    >>> round(delta_relative_improvement(Effect(0.75, 0.60), Effect(0.66, 0.60)), 3)
    0.15
    """
    before, after = original.relative_improvement, again.relative_improvement
    return None if before is None or after is None else before - after


def root_mean_square_error(original: ArrayLike, again: ArrayLike) -> float:
    """Return the root of the mean squared difference, over the same queries or the same cells of two tables.

    Over queries it also sees differences that cancel in the mean. Both sides are needed query by query, so for a paper
    of which only means are known it is taken over cells.

    Raises:
        ValueError: The two are not of the same length, or empty.
    """
    first, second = np.asarray(original, dtype=np.float64), np.asarray(again, dtype=np.float64)
    if first.shape != second.shape or not first.size:
        raise ValueError(f"Expected as many values on both sides, found {first.shape} and {second.shape}.")
    return float(np.sqrt(np.mean((first - second) ** 2)))
