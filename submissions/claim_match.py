"""Which submission is the system of a claim: as its manifest says, by the model that was run, or by its name."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from evaluator.audit.claim import Claim
from submissions.measured_query import MeasuredSystem

_IGNORED = frozenset(" \t\u00a0-_\u2010\u2011\u2012\u2013()[]{},/'\"")


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
            elif folded(claim.name) == folded(system.name) != "":
                yield Match(system, Ground.NAME)


def folded(name: str) -> str:
    """Return a name without case, spaces, hyphens and brackets, in which papers and boards differ.

    All else stays: "1.5" is not "15", and a star is not another star.

    >>> folded("SCAN i-t AVG") == folded("scan (I-T, avg)"), folded("Model 1.0") == folded("Model 10")
    (True, False)
    """
    return "".join(one for one in unicodedata.normalize("NFKC", name).casefold() if one not in _IGNORED)


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
