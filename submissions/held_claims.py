"""Claims held against what was measured here of their systems."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evaluator.audit.claim import Claim
from evaluator.audit.verdict import Judgement, judge, unmeasured
from submissions.audit_orders import dataset_of
from submissions.claim_match import Match, Matching
from submissions.measured_query import MeasuredEvaluation, MeasuredSystem


@dataclass(frozen=True, slots=True)
class Held:
    """A claim that was held against a submission."""

    claim: Claim
    match: Match
    protocol: str
    """Under which the submission was measured."""
    judged: Judgement

    @property
    def evaluations(self) -> list[MeasuredEvaluation]:
        """Return what the verdict rests on."""
        return self.match.system.under(self.protocol)


def hold(claims: Iterable[Claim], matching: Matching) -> Iterator[Held]:
    """Hold every claim against every submission that is its system and was measured on its dataset.

    A metric that was not measured gets a verdict that says so.
    """
    for claim in claims:
        for match in matching.of(claim):
            protocol = _protocol_for(claim, match.system)
            own = match.system.reproduction(protocol, claim.metric, claim.direction) if protocol else None
            if protocol is not None:
                yield Held(claim, match, protocol, judge(claim, own) if own else unmeasured(claim, protocol))


def _protocol_for(claim: Claim, system: MeasuredSystem) -> str | None:
    """Return the protocol of the claim, or else one on the same dataset, so that a mismatch is told."""
    measured = list(dict.fromkeys(one.protocol for one in system.evaluations))
    if claim.protocol in measured:
        return claim.protocol
    same = (one for one in measured if (dataset := dataset_of(one)) and dataset.name == claim.dataset)
    return next(same, None)
