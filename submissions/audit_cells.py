"""Claims, findings and verdicts as the plain values of an audit's document."""

from typing import Any

from evaluator.audit.against import Return, SystemReturn
from evaluator.audit.check import AuditFinding
from evaluator.audit.claim import Claim
from submissions.held_claims import Held


def cell(claim: Claim) -> dict[str, Any]:
    """Return where a claim is printed, what it is of, and its digits."""
    return {
        "source": claim.source,
        "table": claim.table,
        "row": claim.row,
        "column": claim.column,
        "system": claim.name,
        "kind": claim.kind.value,
        "ablation": claim.ablation or None,
        "seed": claim.seed,
        "dataset": claim.dataset,
        "protocol": claim.protocol,
        "printed_direction": claim.printed_direction or None,
        "direction": claim.direction.value if claim.direction else None,
        "metric": claim.metric,
        "printed": str(claim.printed),
        "scale": claim.printed.scale.value,
    }


def finding(found: AuditFinding) -> dict[str, Any]:
    """Return a finding with its cells."""
    return {
        "check": found.check,
        "severity": found.severity.value,
        "arithmetic": found.arithmetic,
        "innocent": found.innocent or None,
        "cells": [cell(claim) for claim in found.cells],
    }


def verdict(held: Held) -> dict[str, Any]:
    """Return a verdict with what it rests on."""
    judged, match = held.judged, held.match
    return {
        "cell": cell(held.claim),
        "verdict": judged.verdict.value,
        "reason": judged.reason,
        "value": judged.value,
        # As everywhere in an audit: what was found less what is printed.
        "gap": None if judged.gap is None else -judged.gap,
        "tolerance": judged.tolerance,
        "noise": judged.noise.value if judged.noise else None,
        "std": judged.std,
        "n_runs": judged.n_runs,
        "measured_under": held.protocol,
        "submission": str(match.system.submission_id),
        "system": match.system.name,
        "matched": match.ground.value,
        "evaluations": [str(one.id) for one in held.evaluations],
    }


def system_return(system: SystemReturn) -> dict[str, Any]:
    """Return what became of a system that a source ran again, in all and on each protocol."""
    return {
        **_standing(system),
        "system": system.name,
        "protocols": {protocol or "-": _standing(part) for protocol, part in system.by_protocol.items()},
        "cells": [_returned(one) for one in system.cells],
    }


def _standing(system: SystemReturn) -> dict[str, Any]:
    outcomes = [one.outcome.value for one in system.cells]
    return {
        "standing": system.standing.value,
        "mean_gap": system.mean_gap,
        "mean_in_stds": system.mean_in_stds,
        "n_cells": len(system.cells),
        "outcomes": {outcome: outcomes.count(outcome) for outcome in dict.fromkeys(outcomes)},
    }


def _returned(one: Return) -> dict[str, Any]:
    return {
        "reported": cell(one.reported),
        "reproduced": cell(one.reproduced),
        "gap": one.gap,
        "in_stds": one.in_stds,
        "outcome": one.outcome.value,
    }
