"""How much a system moves with its seed, and what gap so many seeds can tell apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import mean, stdev

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


def least_significant_gap(std: float, n_seeds: int, *, alpha: float = ALPHA) -> float:
    """Return the difference of two means of n runs each that is just significant, two-sided.

    >>> round(least_significant_gap(1.0, 3), 3)
    2.267
    """
    from scipy.special import stdtrit

    return float(stdtrit(2 * _enough(n_seeds) - 2, 1 - alpha / 2)) * std * sqrt(2 / n_seeds)


def least_detectable_gap(std: float, n_seeds: int, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the true gap between two systems that n seeds each find significant with the given power.

    A gap that is just significant is found in about half of all studies only; this is the one to plan with.

    >>> round(least_detectable_gap(1.0, 64), 2)
    0.5
    """
    from scipy.optimize import brentq
    from scipy.special import nctdtr, stdtrit

    freedom = 2 * _enough(n_seeds) - 2
    critical = float(stdtrit(freedom, 1 - alpha / 2))

    def missing(shift: float) -> float:
        found = 1 - nctdtr(freedom, shift, critical) + nctdtr(freedom, shift, -critical)
        return float(found) - power

    return float(brentq(missing, 0.0, 1.5 * critical + 3.0)) * std * sqrt(2 / n_seeds)


def spreads_of(runs: Mapping[str, Sequence[float]]) -> list[SeedSpread]:
    """Collect the runs of systems, the highest mean first."""
    found = [SeedSpread(name, tuple(values)) for name, values in runs.items()]
    return sorted(found, key=lambda one: -one.mean)


def neighbours(spreads: Sequence[SeedSpread]) -> list[Neighbours]:
    """Hold the gap between every two neighbours against their spread over seeds.

    Raises:
        ValueError: A system has one run, or neighbours have different numbers of runs.
    """
    found = []
    for ahead, behind in pairwise(spreads):
        if len(ahead.values) != len(behind.values):
            raise ValueError(f"{ahead.system} and {behind.system} have different numbers of runs.")
        pooled = sqrt(((ahead.std or 0.0) ** 2 + (behind.std or 0.0) ** 2) / 2)
        n = len(ahead.values)
        found.append(
            Neighbours(
                ahead.system,
                behind.system,
                ahead.mean - behind.mean,
                max(behind.values) >= min(ahead.values),
                least_significant_gap(pooled, n),
                least_detectable_gap(pooled, n),
            )
        )
    return found


def _enough(n_seeds: int) -> int:
    if n_seeds < 2:
        raise ValueError("One seed tells no gap from noise; a test needs two runs of each system at least.")
    return n_seeds
