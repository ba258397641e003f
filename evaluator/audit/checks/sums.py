"""Sums and means of recalls that their own terms do not give."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet, Series, SeriesKey
from evaluator.audit.wording import listed, named, shown, titled
from evaluator.protocol import RECALLS
from splits.split import Direction

NAME = "sum-of-recalls"
TOTALS = ("rsum", "mean")

Blocks = Mapping[SeriesKey, list[Series]]


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return every rsum and every mean of recalls that the recalls beside it exclude, however all were rounded."""
    del others
    blocks: defaultdict[SeriesKey, list[Series]] = defaultdict(list)
    for series in claims.series:
        blocks[_block(series.key)].append(series)
    for claim in claims:
        if claim.metric in TOTALS:
            yield from _wrong(claim, blocks)


def _block(key: SeriesKey) -> SeriesKey:
    """Return a key that both directions of one row share."""
    return key._replace(direction=None, printed_direction="")


def _wrong(total: Claim, blocks: Blocks) -> Iterator[AuditFinding]:
    key = ClaimSet.of([total]).series[0].key
    terms = _terms(total, blocks[_block(key)])
    if not terms:
        return
    parts = len(terms) if total.metric == "mean" else 1
    low, high = (sum((getattr(t.printed, end) for t in terms), Decimal(0)) / parts for end in ("low", "high"))
    if total.printed.high >= low and total.printed.low <= high:
        return
    exact = sum((term.printed.value for term in terms), Decimal(0)) / parts
    innocent = "It is a total of other cells than those of its row and dataset." if total.metric == "mean" else ""
    yield AuditFinding(
        NAME,
        Severity.WARNING if innocent else Severity.ERROR,
        (total, *terms),
        f"{titled(key)}: {named(total)}, but {listed(terms)} give {shown(exact, total)}, and between"
        f" {shown(low, total)} and {shown(high, total)} however they were rounded.",
        innocent,
    )


def _terms(total: Claim, block: list[Series]) -> list[Claim]:
    """Return the recalls that a total is over; none where one of them is not printed on the same scale."""
    wanted = [total.direction] if total.direction else list(Direction)
    found = {(one.key.direction, name): one[name] for one in block for name in RECALLS if name in one}
    terms = [found.get((direction, name)) for direction in wanted for name in RECALLS]
    same_scale = [term for term in terms if term and term.printed.scale is total.printed.scale]
    return same_scale if len(same_scale) == len(terms) else []


SUMS = Check(NAME, "rsum and means that their terms do not give", find)
