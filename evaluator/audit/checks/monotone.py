"""R@K that falls as K grows: a query with a relevant candidate among the first 5 has one among the first 10."""

from collections.abc import Iterator

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet, Series
from evaluator.audit.wording import named, titled

NAME = "recall-falls"


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return every recall that cannot be as large as one at a smaller K, however both were rounded."""
    del others
    for series in claims.series:
        yield from _falls(series)


def _falls(series: Series) -> Iterator[AuditFinding]:
    highest: Claim | None = None
    for _, claim in series.recalls():
        if highest is not None and claim.printed.high < highest.printed.low:
            yield AuditFinding(NAME, Severity.ERROR, (highest, claim), _arithmetic(series, highest, claim))
        elif highest is None or claim.printed.low > highest.printed.low:
            highest = claim


def _arithmetic(series: Series, before: Claim, after: Claim) -> str:
    return (
        f"{titled(series.key)}: {named(before)} is above {named(after)}, by more than their rounding. Whoever is found"
        " among the first candidates is also found among more of them."
    )


MONOTONE = Check(NAME, "R@K that falls as K grows", find)
