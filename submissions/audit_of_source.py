"""The audit of one source of claims: findings, verdicts, what came back, and order, as one document."""

from collections.abc import Iterable, Sequence
from typing import Any

from evaluator.audit.against import returns
from evaluator.audit.check import examine
from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.levels import Levels, claimed_levels, run_levels
from evaluator.audit.seed_lists import SeedLists
from evaluator.audit.verdict import judge
from submissions.audit_cells import finding, system_return, verdict
from submissions.audit_orders import across_datasets, dataset_of, orders, stability
from submissions.claim_match import Matching
from submissions.measured_levels import measured_levels
from submissions.measured_query import MeasuredSystem


def sections_of_source(claims: ClaimSet, others: ClaimSet, systems: Sequence[MeasuredSystem]) -> dict[str, Any]:
    """Audit the claims of one source.

    Args:
        claims: The claims of the source.
        others: Those of all other sources.
        systems: What was measured.
    """
    matching = Matching(systems)
    lists = SeedLists.of([*claims, *others])
    reported, reproduced = (claimed_levels(claims, kind, lists=lists) for kind in (Kind.REPORTED, Kind.REPRODUCED))
    return {
        "findings": [finding(found) for found in examine(claims, others)],
        "verdicts": verdicts(claims, matching),
        "returns": [system_return(one) for one in returns(claims, runs=others)],
        "orders": [
            *orders(reported, reproduced, names=("reported", "reproduced")),
            *orders(reported, _matched_levels(claims, matching), names=("reported", "measured here")),
        ],
        "replication": _replications({"reported": reported, "reproduced": reproduced}),
        "stability": stability(run_levels(SeedLists.of(claims)), name="listed runs"),
    }


def verdicts(claims: Iterable[Claim], matching: Matching) -> list[dict[str, Any]]:
    """Hold every claim against every submission that is its system and was measured on its dataset."""
    found = []
    for claim in claims:
        for match in matching.of(claim):
            protocol = _protocol_for(claim, match.system)
            own = match.system.reproduction(protocol, claim.metric, claim.direction) if protocol else None
            if own is not None and protocol is not None:
                judged = judge(claim, own)
                found.append(verdict(claim, judged, match, protocol, match.system.under(protocol)))
    return found


def _protocol_for(claim: Claim, system: MeasuredSystem) -> str | None:
    """Return the protocol of the claim, or else one on the same dataset, so that a mismatch is told."""
    measured = list(dict.fromkeys(one.protocol for one in system.evaluations))
    if claim.protocol in measured:
        return claim.protocol
    same = (one for one in measured if (dataset := dataset_of(one)) and dataset.name == claim.dataset)
    return next(same, None)


def _matched_levels(claims: ClaimSet, matching: Matching) -> Levels:
    """Return the levels of the submissions that are systems of these claims, under the names of the claims."""
    named: dict[str, MeasuredSystem] = {}
    for claim in claims:
        for match in matching.of(claim):
            # The newest of several.
            named[claim.name] = match.system
    return measured_levels(named)


def _replications(lists: dict[str, Levels]) -> list[dict[str, Any]]:
    found = (across_datasets(levels, name=name) for name, levels in lists.items())
    return [one for one in found if one is not None]
