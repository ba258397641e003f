"""What was measured, as a claim is held against it: one metric in one direction, over one or several runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from evaluator.report import Report
from splits.split import CaptionPolicy, Direction


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """The value that one run has."""

    value: float
    """Expected under a random order of tied candidates; a fraction, or a rank."""
    pessimistic: float
    optimistic: float
    ci95: tuple[float, float] | None
    """The interval over images, None where there is none."""
    ranking: str | None = None
    """What is equal for runs that rank alike, such as the digest of their rank counts; None where it is unknown."""


@dataclass(frozen=True)
class Reproduction:
    """The runs of one system under one protocol."""

    protocol: str
    protocol_version: int
    split_digest: str
    captions: CaptionPolicy
    n_images: int
    n_captions: int
    """How many were ranked: of a protocol that draws one caption per image, the drawn ones."""
    metric: str
    direction: Direction | None
    runs: tuple[MeasuredRun, ...]
    is_deterministic: bool = False
    """Whether the system is declared to give the same in every run."""

    def __post_init__(self) -> None:
        """Check that something was measured."""
        if not self.runs:
            raise ValueError("A reproduction needs at least one run.")

    @cached_property
    def distinct(self) -> tuple[MeasuredRun, ...]:
        """Return the runs; of those that rank alike the first."""
        first: dict[object, MeasuredRun] = {}
        for number, run in enumerate(self.runs):
            first.setdefault(number if run.ranking is None else run.ranking, run)
        return tuple(first.values())

    @property
    def value(self) -> float:
        """Return the mean over distinct runs."""
        return sum(run.value for run in self.distinct) / len(self.distinct)

    @property
    def tie_bounds(self) -> tuple[float, float]:
        """Return the mean of the least favourable values, and of the most favourable."""
        n = len(self.distinct)
        return sum(run.pessimistic for run in self.distinct) / n, sum(run.optimistic for run in self.distinct) / n


def reproduction_of(
    reports: Sequence[Report], metric: str, direction: Direction | None, *, is_deterministic: bool = False
) -> Reproduction:
    """Collect one metric from the reports of a system's runs under one protocol.

    Raises:
        ValueError: There is none, or they are not all of one protocol version and split.
    """
    from evaluator.counts_codec import counts_digest

    grounds = {(one.protocol, one.protocol_version, one.split_digest) for one in reports}
    if len(grounds) != 1:
        raise ValueError(f"Expected reports of one protocol version and split, found {len(grounds)}.")
    runs = []
    for report in reports:
        found = report.value(metric, direction)
        ranking = counts_digest(report.counts)
        runs.append(MeasuredRun(found.expected, found.pessimistic, found.optimistic, found.ci95, ranking))
    one = reports[0]
    return Reproduction(
        protocol=one.protocol,
        protocol_version=one.protocol_version,
        split_digest=one.split_digest,
        captions=CaptionPolicy(one.caption_policy),
        n_images=one.n_images,
        n_captions=one.n_captions,
        metric=metric,
        direction=direction,
        runs=tuple(runs),
        is_deterministic=is_deterministic,
    )
