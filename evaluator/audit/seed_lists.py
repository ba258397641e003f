"""How much a system's numbers move from run to run, from sources that list single runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import stdev
from typing import NamedTuple, TypeAlias

from evaluator.audit.claim import Claim
from splits.split import Direction

Cell: TypeAlias = tuple[str, Direction | None, str]
"""Protocol, or dataset where there is none; direction and metric."""


class ListKey(NamedTuple):
    """Whose runs a list holds."""

    source: str
    system: str
    variant: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How runs differ in one number."""

    std: float
    """Sample standard deviation, more than 0."""
    n_runs: int
    """Distinct runs that it is from."""
    source: str
    variant: str


@dataclass(frozen=True, slots=True)
class SeedLists:
    """Single runs by system: of each run all its numbers."""

    runs: Mapping[ListKey, Sequence[Mapping[Cell, float]]]
    """Runs whose numbers are all the same are there once."""

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> "SeedLists":
        """Collect the claims that are of a single run."""
        found: dict[ListKey, dict[str, dict[Cell, float]]] = {}
        for claim in claims:
            if claim.seed is not None and not claim.ablation:
                runs = found.setdefault(ListKey(claim.source, claim.system, claim.variant), {})
                runs.setdefault(claim.seed, {})[_cell(claim)] = float(claim.printed.value)
        distinct = {key: {frozenset(run.items()): run for run in runs.values()} for key, runs in found.items()}
        return cls({key: list(runs.values()) for key, runs in distinct.items()})

    def of_system(self, claims: Sequence[Claim]) -> list[Spread | None]:
        """Return the spread of each of a system's numbers, None where nobody lists runs of that system and variant."""
        named = (claims[0].system, claims[0].variant)
        keys = [key for key in self.runs if (key.system, key.variant) == named]
        return [self._first_spread(keys, _cell(claim)) for claim in claims]

    def _first_spread(self, keys: Sequence[ListKey], cell: Cell) -> Spread | None:
        """Return the spread from the first source that lists a number."""
        return next((spread for key in keys if (spread := self._spread(key, cell)) is not None), None)

    def _spread(self, key: ListKey, cell: Cell) -> Spread | None:
        values = [run[cell] for run in self.runs[key] if cell in run]
        std = stdev(values) if len(values) > 1 else 0.0
        return Spread(std, len(values), key.source, key.variant) if std > 0 else None


def _cell(claim: Claim) -> Cell:
    return claim.ground, claim.direction, claim.metric
