"""What a viewer chose to see of an audit: everything on its page is drawn from what is left of the document."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.audit.against import Outcome
from evaluator.audit.verdict import Verdict
from leaderboard.audit_view import SEVERITIES, Document

CellKey = tuple[Any, ...]

OUTCOMES = tuple(
    dict.fromkeys(
        [
            Verdict.NOT_REPRODUCED.value,
            Outcome.BELOW.value,
            Outcome.ABOVE.value,
            Verdict.PROTOCOL_MISMATCH.value,
            Verdict.NOT_COMPARABLE.value,
            Verdict.WITHIN_SEED_NOISE.value,
            Verdict.WITHIN_ROUNDING.value,
        ]
    )
)
"""What becomes of a claim, the worst first: verdicts, and the two words for a source's own runs."""


@dataclass(frozen=True, slots=True)
class AuditSelection:
    """A viewer's filters; None lets everything through."""

    severity: str | None = None
    verdict: str | None = None
    system: str | None = None


def cell_key(cell: Mapping[str, Any]) -> CellKey:
    """Return what tells a printed number from all others."""
    return tuple(sorted(cell.items()))


def numbered(document: Document) -> dict[str, Any]:
    """Give every finding the number under which a page names it, from 1, whatever is filtered later."""
    found = [{**one, "number": number} for number, one in enumerate(document.get("findings", ()), start=1)]
    return {**document, "findings": found}


def narrowed(document: Document, chosen: AuditSelection) -> dict[str, Any]:
    """Keep the findings, verdicts and reproduced numbers that a viewer asked for, and nothing else of a document.

    A severity keeps the findings that have it, and of the numbers those that such a finding names.
    """
    findings = [one for one in document.get("findings", ()) if _is_found(one, chosen)]
    marked = {cell_key(cell) for one in findings for cell in one["cells"]} if chosen.severity else None
    verdicts = [one for one in document.get("verdicts", ()) if _is_held(one["cell"], one["verdict"], chosen, marked)]
    returns = [
        {**system, "cells": cells}
        for system in document.get("returns", ())
        if (cells := [one for one in system["cells"] if _is_returned(one, chosen, marked)])
    ]
    return {"subject": document["subject"], "findings": findings, "verdicts": verdicts, "returns": returns}


def severities_in(document: Document) -> list[str]:
    """List the severities that there are, the worst first."""
    found = {one["severity"] for one in document.get("findings", ())}
    return [severity for severity in SEVERITIES if severity in found]


def verdicts_in(document: Document) -> list[str]:
    """List what became of claims, the worst first."""
    found = {one["verdict"] for one in document.get("verdicts", ())}
    found |= {cell["outcome"] for one in document.get("returns", ()) for cell in one["cells"]}
    return [outcome for outcome in OUTCOMES if outcome in found]


def _is_found(finding: Mapping[str, Any], chosen: AuditSelection) -> bool:
    is_severe = chosen.severity in (None, finding["severity"])
    return is_severe and (chosen.system is None or any(cell["system"] == chosen.system for cell in finding["cells"]))


def _is_held(cell: Mapping[str, Any], outcome: str, chosen: AuditSelection, marked: Iterable[CellKey] | None) -> bool:
    is_wanted = chosen.verdict in (None, outcome) and chosen.system in (None, cell["system"])
    return is_wanted and (marked is None or cell_key(cell) in marked)


def _is_returned(one: Mapping[str, Any], chosen: AuditSelection, marked: Iterable[CellKey] | None) -> bool:
    sides: Sequence[Mapping[str, Any]] = (one["reported"], one["reproduced"])
    return any(_is_held(cell, one["outcome"], chosen, marked) for cell in sides)
