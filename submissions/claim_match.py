"""Which submission is the system of a claim: as its manifest says, by the model that was run, or by its name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from evaluator.audit.claim import Claim
from submissions.measured_query import MeasuredSystem


class Ground(StrEnum):
    """Why a submission is taken for the system of a claim; the first that holds is told."""

    STATED = "its manifest names the claim"
    MODEL = "the model that the claim names was run"
    NAME = "the names are the same"


@dataclass(frozen=True, slots=True)
class Match:
    """A submission that is taken for the system of a claim."""

    system: MeasuredSystem
    ground: Ground


class Matching:
    """Finds submissions for claims; each question is answered once."""

    def __init__(self, systems: Iterable[MeasuredSystem]) -> None:
        self._systems = tuple(systems)
        self._known: dict[tuple[str, str, str], list[Match]] = {}

    def of(self, claim: Claim) -> list[Match]:
        """Return the submissions that are the system of a claim, oldest first; none of an ablation."""
        if claim.ablation:
            return []
        key = (claim.source, claim.name, claim.reference)
        if key not in self._known:
            self._known[key] = list(self._search(claim))
        return self._known[key]

    def _search(self, claim: Claim) -> Iterator[Match]:
        stated = folded(f"{claim.source}: {claim.name}")
        spelt = spelling(claim.reference)
        for system in self._systems:
            if stated in map(folded, system.reproduces):
                yield Match(system, Ground.STATED)
            elif spelt and spelt in map(spelling, system.references):
                yield Match(system, Ground.MODEL)
            elif folded(claim.name) == folded(system.name):
                yield Match(system, Ground.NAME)


def folded(name: str) -> str:
    """Return a name without case, spaces and signs, in which papers and boards differ.

    >>> folded("SCAN i-t AVG") == folded("scan (I-T, avg)")
    True
    """
    return "".join(one for one in name.casefold() if one.isalnum() or one in "+:")


def spelling(reference: str) -> str:
    """Return a model's reference as its family spells it; one that no family knows as it is."""
    from evaluator.model import parse_reference
    from splits.errors import RematchError

    if not reference:
        return ""
    try:
        family, name = parse_reference(reference)
    except RematchError:
        return reference
    return f"{family.name}:{name}"
