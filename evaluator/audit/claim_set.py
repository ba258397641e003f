"""Claims in the groups in which they are looked at: the cells of one system on one dataset in one direction."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from evaluator.audit.claim import Claim, Kind
from splits.split import Direction


class SeriesKey(NamedTuple):
    """What the numbers of one series have in common."""

    source: str
    table: str
    row: str
    system: str
    variant: str
    ablation: str
    kind: Kind
    seed: str | None
    dataset: str
    protocol: str | None
    direction: Direction | None
    printed_direction: str

    @property
    def ground(self) -> str:
        """Return the protocol or, where none is known, the dataset as named; "" where nobody names any."""
        return self.protocol or self.dataset


@dataclass(frozen=True, slots=True)
class Series:
    """One row of one block of a table: the metrics of one system on one dataset in one direction."""

    key: SeriesKey
    claims: Mapping[str, Claim]
    """By metric."""

    def __getitem__(self, metric: str) -> Claim:
        """Return the claim of a metric."""
        return self.claims[metric]

    def __contains__(self, metric: str) -> bool:
        """Whether there is a claim of a metric."""
        return metric in self.claims

    def recalls(self) -> list[tuple[int, Claim]]:
        """Return K and claim of every R@K, K ascending."""
        found = [
            (int(name[2:]), claim) for name, claim in self.claims.items() if name[:2] == "R@" and name[2:].isdigit()
        ]
        return sorted(found, key=lambda one: one[0])


@dataclass(frozen=True, eq=False)
class ClaimSet:
    """Some claims, usually all of one source, in the order in which they are printed."""

    claims: tuple[Claim, ...]

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> "ClaimSet":
        """Collect claims."""
        return cls(tuple(claims))

    def __iter__(self) -> Iterator[Claim]:
        """Go through the claims in order."""
        return iter(self.claims)

    def __len__(self) -> int:
        """Count the claims."""
        return len(self.claims)

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """Return the claims by what they have in common; of a metric that is there twice the first counts."""
        groups: dict[SeriesKey, dict[str, Claim]] = {}
        for claim in self.claims:
            groups.setdefault(key_of(claim), {}).setdefault(claim.metric, claim)
        return tuple(Series(key, claims) for key, claims in groups.items())

    def of_source(self, source: str) -> "ClaimSet":
        """Return the claims of one source."""
        return ClaimSet.of(claim for claim in self.claims if claim.source == source)


def key_of(claim: Claim) -> SeriesKey:
    """Return what puts a claim into its series."""
    return SeriesKey(*(getattr(claim, field) for field in SeriesKey._fields))
