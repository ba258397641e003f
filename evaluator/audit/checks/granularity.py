"""Recalls that no number of hits gives: with n queries R@K is a whole number of hits divided by n."""

import math
import struct
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Scale
from evaluator.audit.wording import named
from evaluator.protocol import PROTOCOLS

NAME = "impossible-value"
MOST_SEEDS = 10
SINGLE_DIGITS = 7
"""Decimals of a fraction from which on the digits of a 32-bit float are not those of the exact share."""


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return every recall in whose rounding interval no whole number of hits lies."""
    del others
    for claim in claims:
        queries = claim.n_queries
        if not claim.metric.startswith("R@"):
            continue
        if _is_no_share(claim):
            yield AuditFinding(NAME, Severity.ERROR, (claim,), _beyond(claim))
        elif queries and not _is_drawn(claim):
            yield from _impossible(claim, queries)


def is_possible(low: Decimal, high: Decimal, trials: int) -> bool:
    """Whether hits / trials lies between two bounds for some whole number of hits from 0 to trials.

    >>> is_possible(Decimal("0.3334"), Decimal("0.3339"), 3), is_possible(Decimal("0.3333"), Decimal("0.3334"), 3)
    (False, True)
    """
    least = max(0, math.ceil(Fraction(low) * trials))
    most = min(trials, math.floor(Fraction(high) * trials))
    return least <= most


def _is_no_share(claim: Claim) -> bool:
    printed = claim.printed
    return printed.scale is not Scale.PLAIN and (printed.high < 0 or printed.low > 1)


def _beyond(claim: Claim) -> str:
    what = "negative" if claim.printed.value < 0 else "above 100 %"
    return f"{claim.name}, {named(claim)} ({claim.printed.scale.value}): a recall is a share, and no share is {what}."


def _is_drawn(claim: Claim) -> bool:
    """Whether the number is a mean over random folds: over many draws any value is near enough to a possible one."""
    if claim.protocol is None or claim.protocol not in PROTOCOLS:
        return False
    folds = PROTOCOLS[claim.protocol].folds
    return folds is not None and folds.draws is not None


def _impossible(claim: Claim, queries: int) -> Iterator[AuditFinding]:
    runs = claim.n_seeds or 1
    low, high = claim.printed.low, claim.printed.high
    if is_possible(low, high, queries * runs):
        return
    innocent = _innocent(claim, queries)
    severity = Severity.WARNING if innocent else Severity.ERROR
    yield AuditFinding(NAME, severity, (claim,), _arithmetic(claim, queries * runs), innocent)


def _innocent(claim: Claim, queries: int) -> str:
    """Say what else the number may be; every reason is tried, and named only where it makes the number possible."""
    low, high, unit = claim.printed.low, claim.printed.high, claim.printed.unit
    reasons = []
    if claim.n_seeds is None and claim.seed is None:
        seeds = [n for n in range(2, MOST_SEEDS + 1) if is_possible(low, high, queries * n)]
        reasons += [f"it is a mean of {seeds[0]} runs"] if seeds else []
    if claim.n_seeds is not None and claim.n_seeds > 1:
        reasons.append("it is a mean of values that had been rounded before")
    if is_possible(claim.printed.value, high + unit / 2, queries * (claim.n_seeds or 1)):
        reasons.append("its last digits were cut off instead of rounded")
    if _is_single_precision(claim, queries * (claim.n_seeds or 1)):
        reasons.append("its last digits are those of a 32-bit float")
    return f"It would be possible if {', or '.join(reasons)}." if reasons else ""


def _is_single_precision(claim: Claim, trials: int) -> bool:
    """Whether the digits are of a possible share as a 32-bit float, scaled to percent before or after."""
    printed = claim.printed
    one = 100 if printed.scale is Scale.PERCENT else 1
    if printed.decimals + (2 if one == 100 else 0) < SINGLE_DIGITS:
        return False
    share = round(Fraction(printed.value) * trials) / trials
    floats = {_single(one * share), _single(one * _single(share)), one * _single(share)}
    return any(printed.low <= Decimal(value) / one <= printed.high for value in floats)


def _single(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _arithmetic(claim: Claim, trials: int) -> str:
    below = math.floor(Fraction(claim.printed.value) * trials)
    runs = f" in each of {claim.n_seeds} runs" if (claim.n_seeds or 1) > 1 else ""
    return (
        f"{claim.name}, {named(claim)}: with {claim.n_queries:,} queries{runs} there are {trials:,} steps from 0 to 1."
        f" {below:,} hits are {_as_printed(claim, below, trials)} and {below + 1:,} hits are"
        f" {_as_printed(claim, below + 1, trials)}; nothing between them is printed {claim.printed}."
    )


def _as_printed(claim: Claim, hits: int, trials: int) -> str:
    """Return a share as the source would print it, with two digits more."""
    one = replace(claim.printed, text="1").unit
    return f"{float(Fraction(hits, trials) / Fraction(one)):.{claim.printed.decimals + 2}f}"


GRANULARITY = Check(NAME, "values that no number of hits gives at that number of queries and runs", find)
