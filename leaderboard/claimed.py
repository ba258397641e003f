"""What sources state, as pages put it beside or in place of what was measured here: always marked as claims."""

from collections.abc import Iterable, Mapping

from evaluator.audit.claim import Kind
from evaluator.audit.levels import Levels, claimed_levels
from evaluator.audit.seed_lists import SeedLists
from splits.split import Centricity
from submissions.audit_orders import dataset_of
from submissions.claim_source import SourcedClaims

MEASURED = "measured here"
"""What the control of sources calls the board's own results."""
_KINDS = (Kind.REPORTED, Kind.REPRODUCED)


def claim_lists(sources: Iterable[SourcedClaims]) -> dict[str, Levels]:
    """Return rsum of every system by dataset, for every source and way it came by its numbers.

    The names are such as `rao2022, reproduced`; lists without a system that has all six recalls are left out.
    """
    sources = list(sources)
    lists = SeedLists.of(claim for one in sources for claim in one.claims)
    found = {
        f"{one.source.name}, {kind.value}": claimed_levels(one.claims, kind, lists=lists)
        for one in sources
        for kind in _KINDS
    }
    return {name: levels for name, levels in found.items() if levels}


def grounds_of(levels: Levels, side: Centricity) -> list[str]:
    """List the protocols and datasets of a list that are of one type."""
    known = {ground: dataset_of(ground) for ground in levels}
    return [ground for ground, dataset in known.items() if dataset is not None and dataset.centricity is side]


def with_both_sides(lists: Mapping[str, Levels]) -> dict[str, Levels]:
    """Keep the lists that state two systems or more on scenes and on objects."""
    return {name: levels for name, levels in lists.items() if _shares_systems(levels)}


def _shares_systems(levels: Levels) -> bool:
    return any(
        len(levels[scene].keys() & levels[thing].keys()) > 1
        for scene in grounds_of(levels, Centricity.SCENE)
        for thing in grounds_of(levels, Centricity.OBJECT)
    )


def cited(sources: Iterable[SourcedClaims], name: str) -> str:
    """Say where the numbers of a list are printed, as a sentence."""
    source = next(one.source for one in sources if one.source.name == name.split(", ")[0])
    return f"{(source.citation or source.title or source.name).rstrip('.')}."
