"""Take times on a machine that others use too: every repetition is paired with a read of the array."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]

LONG = 10
"""Work that takes as many reads is rarely repeated, so that one read beside it would be too little."""


@dataclass(frozen=True, slots=True)
class Aim:
    """An upper limit on a row's value or on its ratio, in the unit it is stated in."""

    limit: float
    of_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    section: str
    name: str
    value: float | None = None
    """Median over repetitions; None where there was nothing to measure."""
    best: float | None = None
    """The smallest of the repetitions."""
    unit: str = "s"
    ratio: float | None = None
    """Median over pairs of the value divided by the time of the read beside it."""
    best_ratio: float | None = None
    """The smallest value divided by the smallest time of a read: what is left when others keep still."""
    repetitions: int = 0
    aim: Aim | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        found = self.value if self.aim is None or not self.aim.of_ratio else self.ratio
        return None if self.aim is None or found is None else found <= self.aim.limit


@dataclass(frozen=True, slots=True)
class Clock:
    """Measures rows against one limit, within a budget of time for each."""

    limit: Work
    budget: float
    """Seconds a row may take; a row that takes longer is measured once."""
    most: int = 25

    def row(
        self, section: str, name: str, work: Work, *, aim: Aim | None = None, note: str = "", warm: bool = True
    ) -> Row:
        """Time some work: read, work, read, work ... after one call of it that is not timed, if `warm`."""
        if warm:
            work()
        pairs: list[tuple[float, float]] = []
        spent = 0.0
        while not pairs or (len(pairs) < self.most and spent + spent / len(pairs) <= self.budget):
            began = time.perf_counter()
            pairs.append(self._pair(work))
            spent += time.perf_counter() - began
        times = [own for _, own in pairs]
        return Row(
            section,
            name,
            statistics.median(times),
            min(times),
            ratio=statistics.median(own / read for read, own in pairs),
            best_ratio=min(times) / min(read for read, _ in pairs),
            repetitions=len(pairs),
            aim=aim,
            note=note,
        )

    def _pair(self, work: Work) -> tuple[float, float]:
        """Time the limit and the work beside each other; long work is held against the median of five reads."""
        read, own = seconds(self.limit), seconds(work)
        if own > LONG * read:
            read = statistics.median([read, *(seconds(self.limit) for _ in range(4))])
        return read, own


def seconds(work: Work) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
