"""One number for a system on a protocol, by which systems are put in order: rsum where all six recalls are printed."""

from collections.abc import Iterable, Mapping
from itertools import product
from math import sqrt
from statistics import stdev
from typing import TypeAlias

from evaluator.audit.claim import Claim, Kind
from evaluator.audit.seed_lists import Cell, SeedLists
from evaluator.audit.system_value import SystemValue
from evaluator.protocol import RECALLS
from splits.split import Direction

Levels: TypeAlias = dict[str, dict[str, SystemValue]]
"""By protocol, or dataset where no protocol of ours measures the same, and by name of the system."""

ALL_RECALLS = tuple(product(Direction, RECALLS))


def claimed_levels(claims: Iterable[Claim], kind: Kind, *, lists: SeedLists) -> Levels:
    """Add up the six recalls of every system that has all of them printed.

    Args:
        claims: Of one source; what is of a single run or an ablation is left out.
        kind: How the source came by the numbers.
        lists: Single runs, from which the noise of a mean is known.
    """
    cells: dict[str, dict[str, dict[tuple[Direction | None, str], Claim]]] = {}
    for claim in claims:
        ground = claim.ground
        if claim.kind is kind and ground and claim.seed is None and not claim.ablation:
            own = cells.setdefault(ground, {}).setdefault(claim.name, {})
            own.setdefault((claim.direction, claim.metric), claim)
    levels: Levels = {}
    for ground, systems in cells.items():
        for name, own in systems.items():
            if all(cell in own for cell in ALL_RECALLS):
                level = _level([own[cell] for cell in ALL_RECALLS], lists)
                levels.setdefault(ground, {})[name] = level
    return levels


def run_levels(lists: SeedLists) -> dict[str, dict[str, list[float]]]:
    """Add up the six recalls of every listed single run, by protocol and by name of the system."""
    found: dict[str, dict[str, list[float]]] = {}
    for key, runs in lists.runs.items():
        protocols = dict.fromkeys(cell[0] for run in runs for cell in run if cell[0])
        for protocol in protocols:
            values = [total for run in runs if (total := _total(run, protocol)) is not None]
            if values:
                name = f"{key.system} {key.variant}".strip()
                found.setdefault(protocol, {}).setdefault(name, values)
    return found


def _level(claims: list[Claim], lists: SeedLists) -> SystemValue:
    value = sum(float(claim.printed.value) for claim in claims)
    rounding = sum(float(claim.printed.unit) for claim in claims) / 2
    first = claims[0]
    runs = run_levels(lists).get(first.ground, {}).get(first.name, [])
    if len(runs) < 2:
        return SystemValue(value, rounding)
    # A number of which nobody says that it is a mean counts as one run.
    return SystemValue(value, rounding, stdev(runs) / sqrt(first.n_seeds or 1), len(runs) - 1)


def _total(run: Mapping[Cell, float], protocol: str) -> float | None:
    cells = [(protocol, direction, metric) for direction, metric in ALL_RECALLS]
    return sum(run[cell] for cell in cells) if all(cell in run for cell in cells) else None
