"""Claims against claims: what a source says that systems report, and what it found when it ran them again."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from statistics import fmean

from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.seed_lists import SeedLists, Spread
from evaluator.metric import METRICS

NEAR = 0.02
"""Mean gap up to which a system came back: about what seeds and re-implementations move."""
FAR = 0.10
"""Mean gap beyond which it is another system in all but name."""


class Outcome(StrEnum):
    """What became of one number."""

    WITHIN_ROUNDING = "within rounding"
    WITHIN_SEED_NOISE = "within seed noise"
    BELOW = "below"
    ABOVE = "above"


class Standing(StrEnum):
    """What became of a system."""

    CAME_BACK = "came back"
    ABOVE = "above"
    BELOW = "below"
    FAR_BELOW = "far below"


@dataclass(frozen=True)
class Return:
    """A reported number and the reproduced one beside it."""

    reported: Claim
    reproduced: Claim
    spread: Spread | None
    """How runs of this system differ in this number, where somebody lists them."""

    @property
    def gap(self) -> float:
        """Return the reproduced number less the reported one."""
        return float(self.reproduced.printed.value - self.reported.printed.value)

    @property
    def in_stds(self) -> float | None:
        """Return the gap in standard deviations over seeds, None where they are unknown."""
        return self.gap / self.spread.std if self.spread else None

    @cached_property
    def outcome(self) -> Outcome:
        """Say whether the gap is rounding, noise, or neither."""
        rounding = float(self.reported.printed.unit + self.reproduced.printed.unit) / 2
        if abs(self.gap) <= rounding + 1e-9:
            return Outcome.WITHIN_ROUNDING
        if self.spread and abs(self.gap) <= self._noise(self.spread) + rounding + 1e-9:
            return Outcome.WITHIN_SEED_NOISE
        return Outcome.BELOW if self.gap < 0 else Outcome.ABOVE

    def _noise(self, spread: Spread) -> float:
        from evaluator.audit.noise import half_width

        reported, reproduced = (claim.n_seeds or 1 for claim in (self.reported, self.reproduced))
        return float(half_width(spread.std, n=reproduced, m=reported, known_from=spread.n_runs))


@dataclass(frozen=True)
class SystemReturn:
    """All numbers of one system that are both reported and reproduced, of one protocol or of all."""

    name: str
    cells: tuple[Return, ...]

    @property
    def mean_gap(self) -> float:
        """Return the mean over cells of reproduced less reported."""
        return fmean(cell.gap for cell in self.cells)

    @property
    def mean_in_stds(self) -> float | None:
        """Return the mean over the cells whose standard deviation is known; None where none is."""
        known = [cell.in_stds for cell in self.cells if cell.in_stds is not None]
        return fmean(known) if known else None

    @property
    def worst(self) -> Return:
        """Return the cell with the largest gap."""
        return max(self.cells, key=lambda cell: abs(cell.gap))

    def share(self, outcome: Outcome) -> float:
        """Return the share of cells with an outcome."""
        return sum(cell.outcome is outcome for cell in self.cells) / len(self.cells)

    @property
    def standing(self) -> Standing:
        """Say whether the system came back, from the mean over its cells."""
        if abs(self.mean_gap) <= NEAR:
            return Standing.CAME_BACK
        if self.mean_gap > 0:
            return Standing.ABOVE
        return Standing.BELOW if self.mean_gap >= -FAR else Standing.FAR_BELOW

    @cached_property
    def by_protocol(self) -> dict[str | None, "SystemReturn"]:
        """Return the same for each protocol alone, in printed order."""
        protocols = dict.fromkeys(cell.reported.protocol for cell in self.cells)
        return {
            protocol: SystemReturn(self.name, tuple(c for c in self.cells if c.reported.protocol == protocol))
            for protocol in protocols
        }


def returns(claims: ClaimSet, *, runs: Iterable[Claim] = ()) -> tuple[SystemReturn, ...]:
    """Pair what is reported with what was reproduced, for each system, in printed order.

    A pair is of one source, table, system, variant, protocol, dataset, direction and metric. Systems without a pair are
    left out, as are ablations and single runs; and so are ranks and sums, which no mean over cells may be taken with.

    Args:
        claims: Of one source or several.
        runs: Claims that may hold single runs of the systems, from any source; those of `claims` are used too.
    """
    lists = SeedLists.of([*claims, *runs])
    means = [claim for claim in claims if claim.seed is None and _is_share(claim)]
    reported: dict[tuple[object, ...], Claim] = {}
    for claim in means:
        if claim.kind is Kind.REPORTED:
            reported.setdefault(_place(claim), claim)
    pairs: dict[tuple[str, str], list[tuple[Claim, Claim]]] = {}
    for claim in means:
        if claim.kind is Kind.REPRODUCED and _place(claim) in reported:
            pairs.setdefault((claim.source, claim.name), []).append((reported[_place(claim)], claim))
    return tuple(_system(name, found, lists) for (_, name), found in pairs.items())


def _is_share(claim: Claim) -> bool:
    return claim.metric in METRICS and METRICS[claim.metric].is_fraction


def _place(claim: Claim) -> tuple[object, ...]:
    """Return what a reported number and the reproduced one beside it have in common."""
    fields = ("source", "table", "system", "variant", "ablation", "dataset", "protocol", "direction", "metric")
    return tuple(getattr(claim, field) for field in fields)


def _system(name: str, pairs: list[tuple[Claim, Claim]], lists: SeedLists) -> SystemReturn:
    spreads = lists.of_system([reproduced for _, reproduced in pairs])
    return SystemReturn(name, tuple(Return(*pair, spread) for pair, spread in zip(pairs, spreads, strict=True)))
