"""How much a system moves with its seed, and what gap so many seeds can tell apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import mean, stdev

import numpy as np

ALPHA = 0.05
POWER = 0.8


@dataclass(frozen=True, slots=True)
class SeedSpread:
    """The runs of one system under several seeds."""

    system: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Return the mean over seeds."""
        return mean(self.values)

    @property
    def std(self) -> float | None:
        """Return the sample standard deviation; None for one run."""
        return stdev(self.values) if len(self.values) > 1 else None

    @property
    def range(self) -> float:
        """Return the distance from the lowest run to the highest, which grows with their number."""
        return max(self.values) - min(self.values)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two systems next to each other in the order of means."""

    ahead: str
    behind: str
    gap: float
    """Between their means."""
    overlap: bool
    """Whether the best run of the one behind reaches the worst of the one ahead."""
    significant_gap: float
    """The gap from which Student's two-sample test calls so many runs with this scatter different."""
    detectable_gap: float
    """The true gap that as many seeds find with a power of 80 %."""


def least_significant_gap(std: float, n_seeds: int, n_other: int | None = None, *, alpha: float = ALPHA) -> float:
    """Return the difference of two means that is just significant, two-sided.

    Args:
        std: Pooled over both systems.
        n_seeds: How many runs a mean is of.
        n_other: Of how many the other is, if not as many.
        alpha: The level of the test.

    >>> round(least_significant_gap(1.0, 3), 3)
    2.267
    """
    from scipy.special import stdtrit

    freedom, scale = _two_samples(n_seeds, n_other)
    return float(stdtrit(freedom, 1 - alpha / 2)) * std * scale


def least_detectable_gap(
    std: float, n_seeds: int, n_other: int | None = None, *, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Return the true gap between two systems that so many seeds find significant with the given power.

    A gap that is just significant is found in about half of all studies only; this is the one to plan with.

    >>> round(least_detectable_gap(1.0, 64), 2)
    0.5
    """
    from scipy.optimize import brentq
    from scipy.special import nctdtr, stdtrit

    freedom, scale = _two_samples(n_seeds, n_other)
    critical = float(stdtrit(freedom, 1 - alpha / 2))

    def missing(shift: float) -> float:
        # Of two or three degrees of freedom scipy returns NaN where this is below 1e-16.
        wrong_side = np.nan_to_num(nctdtr(freedom, shift, -critical))
        return float(1 - nctdtr(freedom, shift, critical) + wrong_side) - power

    return float(brentq(missing, 0.0, 1.5 * critical + 3.0)) * std * scale


def spreads_of(runs: Mapping[str, Sequence[float]]) -> list[SeedSpread]:
    """Collect the runs of systems, the highest mean first."""
    found = [SeedSpread(name, tuple(values)) for name, values in runs.items()]
    return sorted(found, key=lambda one: -one.mean)


def neighbours(spreads: Sequence[SeedSpread]) -> list[Neighbours]:
    """Hold the gap between every two neighbours against their spread over seeds.

    Raises:
        ValueError: A system has one run.
    """
    found = []
    for ahead, behind in pairwise(spreads):
        n, m = len(ahead.values), len(behind.values)
        squares = (n - 1) * (ahead.std or 0.0) ** 2 + (m - 1) * (behind.std or 0.0) ** 2
        pooled = sqrt(squares / max(n + m - 2, 1))
        found.append(
            Neighbours(
                ahead.system,
                behind.system,
                ahead.mean - behind.mean,
                max(behind.values) >= min(ahead.values),
                least_significant_gap(pooled, n, m),
                least_detectable_gap(pooled, n, m),
            )
        )
    return found


def _two_samples(n_seeds: int, n_other: int | None) -> tuple[int, float]:
    """Return the degrees of freedom of a test of two means, and what the noise of one run is multiplied with."""
    n, m = _enough(n_seeds), _enough(n_seeds if n_other is None else n_other)
    return n + m - 2, sqrt(1 / n + 1 / m)


def _enough(n_seeds: int) -> int:
    if n_seeds < 2:
        raise ValueError("One seed tells no gap from noise; a test needs two runs of each system at least.")
    return n_seeds
