"""All systems of one split against each other: who wins, ties and loses beyond both kinds of noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from evaluator.audit.holm import holm
from evaluator.audit.paired import ALPHA, PairedTest, paired_test
from evaluator.audit.seed_noise import Noise, gap_pvalues
from evaluator.by_image import ByImage, averaged


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A system with its runs on one split."""

    name: str
    runs: tuple[ByImage, ...]
    """One for each run that differs from the others: what is sent twice is evidence once."""

    @property
    def seed_noise(self) -> Noise:
        """Return the standard error of its mean over seeds; a single run adds none."""
        values = [run.value for run in self.runs]
        if len(values) < 2:
            return Noise(0.0, 1)
        return Noise(float(np.std(values, ddof=1) / np.sqrt(len(values))), len(values) - 1)


class Outcome(StrEnum):
    """How the first system of a pair fares against the second."""

    WIN = "win"
    TIE = "tie"
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems, and what tells them apart."""

    first: str
    second: str
    test: PairedTest
    adjusted: float
    """The p-value of the paired test after Holm's correction over all pairs."""
    seeds_pvalue: float | None
    """The p-value of Welch's test over the runs; None where neither side has two runs."""
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Tally:
    """How one system fares against all others."""

    wins: int = 0
    ties: int = 0
    losses: int = 0


def head_to_head(contenders: Sequence[Contender], *, alpha: float = ALPHA) -> list[Pair]:
    """Compare every system with every other.

    A gap counts when the paired test over images, corrected over all pairs, and the test over seeds are both
    significant. The seeds are tested pair by pair: with three runs no correction over a board would leave anything.

    Raises:
        ValueError: The systems were asked about different images.
    """
    means = {one.name: averaged(one.runs) for one in contenders}
    pairs = list(combinations(contenders, 2))
    tests = [paired_test(means[first.name], means[second.name]) for first, second in pairs]
    adjusted = holm([test.pvalue for test in tests])
    found = []
    for (first, second), test, corrected in zip(pairs, tests, adjusted, strict=True):
        seeds = _seeds_pvalue(first, second, test.gap)
        beyond = test.gap != 0 and corrected < alpha and (seeds is None or seeds < alpha)
        outcome = Outcome.TIE if not beyond else Outcome.WIN if test.gap > 0 else Outcome.LOSS
        found.append(Pair(first.name, second.name, test, float(corrected), seeds, outcome))
    return found


def tallies(pairs: Sequence[Pair]) -> dict[str, Tally]:
    """Count wins, ties and losses of every system."""
    mirrored = {Outcome.WIN: Outcome.LOSS, Outcome.TIE: Outcome.TIE, Outcome.LOSS: Outcome.WIN}
    seen: dict[str, list[Outcome]] = {}
    for pair in pairs:
        seen.setdefault(pair.first, []).append(pair.outcome)
        seen.setdefault(pair.second, []).append(mirrored[pair.outcome])
    return {
        name: Tally(own.count(Outcome.WIN), own.count(Outcome.TIE), own.count(Outcome.LOSS))
        for name, own in seen.items()
    }


def _seeds_pvalue(first: Contender, second: Contender, gap: float) -> float | None:
    if len(first.runs) < 2 and len(second.runs) < 2:
        return None
    return float(gap_pvalues(gap, first.seed_noise, second.seed_noise))
