"""How much it says that numbers are equal: how many of them could well have differed, and how likely chance is."""

from collections.abc import Iterable
from decimal import Decimal
from math import prod

from evaluator.audit.claim import Claim
from evaluator.audit.printed import Scale

TELLING_STEPS = 20
"""Steps of the last digit, or hits, from 0 and from 1: what lies nearer agrees by chance too often to tell anything."""
LEVELS = 2.0
"""Logits over which the systems of a table are spread, roughly."""
SCATTER = 0.2
"""Logits that a recall differs by among systems whose other recalls are the same."""


def n_telling(claims: Iterable[Claim]) -> int:
    """Count the shares with enough steps on either side; of other numbers, those with enough from 0."""
    return sum(_steps(claim) >= TELLING_STEPS for claim in claims)


def chance_of(claims: Iterable[Claim]) -> float:
    """Estimate how likely another series has these numbers: its level must be met, and then each cell's scatter."""
    return SCATTER / LEVELS / prod(max(1.0, SCATTER * _slope(one) / float(_step(one))) for one in claims)


def _steps(claim: Claim) -> Decimal:
    value = claim.printed.value
    return (value if claim.printed.scale is Scale.PLAIN else min(value, 1 - value)) / _step(claim)


def _step(claim: Claim) -> Decimal:
    """Return the least difference that two numbers can have."""
    printed = claim.printed
    if printed.scale is Scale.PLAIN or not claim.n_queries:
        return printed.unit
    return max(printed.unit, Decimal(1) / claim.n_queries)


def _slope(claim: Claim) -> float:
    """Return how much a number changes with its logit; one that is no share, with its logarithm."""
    value = float(claim.printed.value)
    return value if claim.printed.scale is Scale.PLAIN else value * (1 - value)
