"""What a check of printed numbers is, what it finds, and the catalogue of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet
from splits.catalog import Catalog


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The numbers cannot all be right as they are printed and labelled."""
    WARNING = "warning"
    """They can be right, but something about them has to be known before they are compared."""
    NOTE = "note"
    """Worth a look."""


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """Something that is wrong or strange with some cells, told so that nobody has to compute it again."""

    check: str
    """The name of the check."""
    severity: Severity
    cells: tuple[Claim, ...]
    arithmetic: str
    """Which numbers, and what of them does not fit, in words."""
    innocent: str = ""
    """What it may be if nobody made a mistake; empty where there is no such explanation."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the claims of one source, with no run at all."""

    name: str
    title: str
    """What it looks for, in a few words."""
    find: Callable[[ClaimSet, ClaimSet], Iterable[AuditFinding]]
    """Takes the claims of the source, and those of all other sources; returns what it finds, in printed order."""


CHECKS: Catalog[Check] = Catalog(Check, "evaluator.audit.checks")


def examine(claims: ClaimSet, others: ClaimSet | None = None) -> list[AuditFinding]:
    """Let every check look at the claims of one source; errors first, each kind in the order of the catalogue."""
    others = others if others is not None else ClaimSet(())
    found = [finding for check in CHECKS.values() for finding in check.find(claims, others)]
    return sorted(found, key=lambda finding: list(Severity).index(finding.severity))
