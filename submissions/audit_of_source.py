"""The audit of one source of claims: findings, verdicts, what came back, and order, as one document."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from evaluator.audit.against import returns
from evaluator.audit.check import examine
from evaluator.audit.claim import Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.levels import Levels, claimed_levels, run_levels
from evaluator.audit.seed_lists import SeedLists
from submissions.audit_cells import finding, system_return, verdict
from submissions.audit_explanations import explanations
from submissions.audit_orders import across_datasets, orders, stability
from submissions.claim_match import Matching
from submissions.held_claims import hold
from submissions.measured_levels import measured_levels
from submissions.measured_query import MeasuredSystem


def sections_of_source(
    session: Session, claims: ClaimSet, others: ClaimSet, systems: Sequence[MeasuredSystem], *, with_why: bool = False
) -> dict[str, Any]:
    """Audit the claims of one source.

    Args:
        session: Where the stored scores are found.
        claims: The claims of the source.
        others: Those of all other sources.
        systems: What was measured.
        with_why: Whether stored scores are evaluated in other ways where a claim does not come back, which takes long.
    """
    matching = Matching(systems)
    lists = SeedLists.of([*claims, *others])
    held = list(hold(claims, matching))
    reported, reproduced = (claimed_levels(claims, kind, lists=lists) for kind in (Kind.REPORTED, Kind.REPRODUCED))
    return {
        "findings": [finding(found) for found in examine(claims, others)],
        "verdicts": [verdict(one) for one in held],
        **({"explanations": explanations(session, held)} if with_why else {}),
        "returns": [system_return(one) for one in returns(claims, runs=others)],
        "orders": [
            *orders(reported, reproduced, names=("reported", "reproduced")),
            *orders(reported, _matched_levels(claims, matching), names=("reported", "measured here")),
        ],
        "replication": _replications({"reported": reported, "reproduced": reproduced}),
        "stability": stability(run_levels(SeedLists.of(claims)), name="listed runs"),
    }


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
