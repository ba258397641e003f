"""The claims that come with the project, by source: the numbers of the papers, in every clone."""

from functools import cache

from evaluator.audit.claim_set import ClaimSet
from submissions.shipped_claims import read_shipped


@cache
def shipped() -> dict[str, ClaimSet]:
    """All sources."""
    return {one.source.name: one.claims for one in read_shipped()}


def others(name: str) -> ClaimSet:
    """The claims of all sources but one."""
    return ClaimSet.of(claim for source, claims in shipped().items() if source != name for claim in claims)
