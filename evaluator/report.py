"""The result of scoring one run under one protocol, with everything that says what the numbers are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from splits.split import Direction

if TYPE_CHECKING:
    from evaluator.by_image import ByImage

Counts = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class RankCounts:
    """What one pass over the scores yields for every query of one direction.

    All arrays have shape (n_draws, n_queries); n_draws is 1 except for protocols that repeat a random draw.
    """

    queries: NDArray[np.int64]
    """The canonical indices of the queries that were asked, shape (n_queries,)."""
    above: Counts
    """Candidates that score higher than the best relevant one."""
    tied: Counts
    """Irrelevant candidates that score exactly the same."""
    tied_relevant: Counts
    """Relevant candidates that score exactly the same, the best one included: at least 1."""

    def draw(self, number: int) -> "RankCounts":
        """Return the counts of one draw alone, as a view."""
        part = slice(number, number + 1)
        return RankCounts(self.queries, self.above[part], self.tied[part], self.tied_relevant[part])


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one metric in one direction, under each way of placing tied candidates."""

    metric: str
    """The metric's name as printed in papers: R@1, MedR, mAP@R, rsum."""
    direction: Direction | None
    """None for rsum, which is over both."""
    expected: float
    pessimistic: float
    """The value least favourable to the system."""
    optimistic: float
    ci95: tuple[float, float] | None
    """Percentile bootstrap interval of the expected value over images, None where it is not defined."""
    spread: float | None = None
    """Sample standard deviation over random draws of folds, where the protocol has them."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All measurements of one run under one protocol version, with provenance."""

    protocol: str
    protocol_version: int
    split: str
    split_digest: str
    judgments: str
    judgments_digest: str
    evaluator_version: str
    centricity: str
    n_images: int
    n_captions: int
    """How many were ranked: of a protocol that draws one caption per image, the drawn ones."""
    caption_policy: str
    """`all`, or `one` where `seed` is the caption seed too."""
    format: str
    seed: int
    """The seed of everything random in the evaluation: bootstrap, fold draws and caption draws."""
    measurements: tuple[Measurement, ...]
    counts: Mapping[Direction, RankCounts]
    """Per-query rank counts, kept with every result."""
    badges: tuple[str, ...]
    """Short words a board shows beside the result: "ties", "evidence only", "one direction"."""
    warnings: tuple[str, ...]
    by_image: Mapping[str, "ByImage"] = field(default_factory=dict)
    """The value that boards rank on, under its name, with the part of every image in it; empty where a direction is
    missing."""

    def value(self, metric: str, direction: Direction | None = None) -> Measurement:
        """Return one measurement by metric and direction."""
        return next(m for m in self.measurements if (m.metric, m.direction) == (metric, direction))
