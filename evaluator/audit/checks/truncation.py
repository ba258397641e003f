"""R@10 that hardly exceeds R@5 while many queries are still missed: what a truncated list of candidates gives.

A system that re-ranks the first k candidates of each query finds nothing below place k, so its recalls stop at k.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet, Series
from evaluator.audit.wording import listed, titled

NAME = "flat-tail"

LEAST_SHARE = 0.3
"""Of the share found at 2 to 5 among those missed at 1, this much is found at 6 to 10 among those missed at 5."""
SURE = 1e-4
LIKELY = 1e-2
LEAST_SHOWN = 1e-12
ASSUMED_QUERIES = 1000
"""Taken where a source does not say; the fewest of the benchmarks of the field, so the most careful."""


@dataclass(frozen=True, slots=True)
class _Tail:
    """How many queries are found late, counted in favour of the source."""

    missed: int
    """Queries without a hit among the first 5."""
    found: int
    """How many of them have one among the first 10, at most."""
    early: float
    """The share found at places 2 to 5 among those missed at 1, at least."""

    @property
    def chance(self) -> float:
        """Return a bound on the chance of so few late hits if they came at the least share.

        Chernoff's bound on the lower tail of a binomial; exact for no hit at all, and never too small.
        """
        rate = LEAST_SHARE * self.early
        share = self.found / self.missed if self.missed else 1.0
        if share >= rate:
            return 1.0
        hits = share * math.log(share / rate) if share else 0.0
        return math.exp(-self.missed * (hits + (1 - share) * math.log((1 - share) / (1 - rate))))


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return every series whose R@1, R@5 and R@10 stop rising sooner than those of any honest list do."""
    del others
    for series in claims.series:
        if all(f"R@{k}" in series for k in (1, 5, 10)):
            yield from _flat(series)


def _flat(series: Series) -> Iterator[AuditFinding]:
    first, fifth, tenth = (series[f"R@{k}"] for k in (1, 5, 10))
    if tenth.printed.high < fifth.printed.low:
        # A recall that falls is no flat tail; another check tells it.
        return
    tail = _tail(first, fifth, tenth)
    chance = tail.chance
    if chance < SURE:
        severity = Severity.WARNING
    elif chance < LIKELY and fifth.printed.value == tenth.printed.value:
        severity = Severity.NOTE
    else:
        return
    yield AuditFinding(
        NAME,
        severity,
        (first, fifth, tenth),
        _arithmetic(series, tail),
        "Only the first few candidates of each query were re-ranked, k between 2 and 5: then R@5 and R@10 both say how"
        " often the relevant one was among those k, and neither is a recall of the whole gallery. Or one of the two"
        " cells was copied from the other.",
    )


def _tail(first: Claim, fifth: Claim, tenth: Claim) -> _Tail:
    """Count in favour of the source: rounding may hide late hits, unless a step of the digits is no more than one."""
    queries = fifth.n_queries or ASSUMED_QUERIES
    exact = queries * max(fifth.printed.unit, tenth.printed.unit) <= 1
    gain = tenth.printed.value - fifth.printed.value if exact else tenth.printed.high - fifth.printed.low
    missed = max(0, math.floor(queries * (1 - fifth.printed.value)))
    found = min(missed, max(0, math.ceil(queries * gain) if exact else math.floor(queries * gain)))
    early = float((fifth.printed.low - first.printed.high) / max(1 - first.printed.high, first.printed.unit))
    return _Tail(missed, found, min(max(early, 0.0), 1.0))


def _arithmetic(series: Series, tail: _Tail) -> str:
    fair = LEAST_SHARE * tail.early * tail.missed
    late = f"at most {tail.found:,} are" if tail.found else "none is"
    asked = "" if series["R@5"].n_queries else f", taking {ASSUMED_QUERIES:,} queries since their number is not stated"
    bound = f"chance below {max(tail.chance, LEAST_SHOWN):.0e}{asked}"
    return (
        f"{titled(series.key)}: {listed(claim for _, claim in series.recalls())}. Of the queries missed at 1,"
        f" {100 * tail.early:.1f} % are found at places 2 to 5; of the {tail.missed:,} missed at 5, {late} found at 6"
        f" to 10, where {LEAST_SHARE:.0%} of that share would be {fair:,.0f}"
        f" ({bound})."
    )


TRUNCATION = Check(NAME, "R@10 that hardly exceeds R@5: a truncated list of candidates", find)
