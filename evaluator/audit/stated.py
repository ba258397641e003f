"""Claims typed on a command line: `i2t R@1=58.4, i2t R@5=81.5`."""

import re
from collections.abc import Sequence
from decimal import Decimal

from evaluator.audit.claim import Claim, Kind
from evaluator.audit.noise import is_share
from evaluator.audit.printed import Printed, Scale
from evaluator.errors import ClaimError
from evaluator.metric import METRICS
from splits.split import Direction

LONGEST_NUMBER = 12
LOW = Decimal("0.01")
CELL = re.compile(r"(?:(?P<direction>i2t|t2i)\s+)?(?P<metric>[^\s=]+)\s*=\s*(?P<number>\S+)")


def claims_of(texts: Sequence[str], scale: Scale, *, protocol: str) -> list[Claim]:
    """Read claims, in each text as many as commas divide.

    Args:
        texts: As typed.
        scale: What shares of queries are given in; ranks are plain numbers.
        protocol: What they are claims of.

    Raises:
        ClaimError: One cannot be read, or is stated twice.
        UnknownNameError: There is no such metric.
    """
    claims = [_claim(part.strip(), scale, protocol) for text in texts for part in text.split(",") if part.strip()]
    _check_scale(claims)
    columns = [claim.column for claim in claims]
    for column in columns:
        if columns.count(column) > 1:
            raise ClaimError(f"{column} is claimed {columns.count(column)} times. State every number once.")
    return claims


def _check_scale(claims: Sequence[Claim]) -> None:
    """Refuse shares that can be none on their scale, and percent that look like fractions."""
    shares = [claim for claim in claims if is_share(claim.metric)]
    for claim in shares:
        most = 6 if claim.metric == "rsum" else 1
        if not 0 <= claim.printed.value <= most:
            largest = most * (100 if claim.printed.scale is Scale.PERCENT else 1)
            raise ClaimError(
                f"{claim.column}={claim.printed} is no {claim.metric} in {claim.printed.scale.value}: it lies between 0"
                f" and {largest}. Correct it, or say its scale (--scale)."
            )
    if shares and all(claim.printed.scale is Scale.PERCENT and claim.printed.value < LOW for claim in shares):
        raise ClaimError(
            "All numbers are below 1 in percent. If they are fractions, say so: --scale fraction. If they really are"
            " that low, give them as fractions too."
        )


def _claim(text: str, scale: Scale, protocol: str) -> Claim:
    found = CELL.fullmatch(text)
    if not found:
        raise ClaimError(f"{text!r:.60} is no claim. Write direction, metric and number, such as 'i2t R@1=58.4'.")
    if len(found["number"]) > LONGEST_NUMBER:
        raise ClaimError(f"{found['number']!r:.40} has more digits than any table prints. Give at most 12 characters.")
    metric, named = found["metric"], found["direction"]
    if metric != "rsum":
        metric = METRICS[metric].name
    if (metric == "rsum") is not (named is None):
        raise ClaimError(
            f"{text!r:.60} has {'a' if named else 'no'} direction. Write i2t or t2i before every metric but rsum."
        )
    return Claim(
        source="stated",
        table="",
        row="",
        column=f"{named} {metric}" if named else metric,
        system="",
        metric=metric,
        printed=Printed(found["number"], scale if is_share(metric) else Scale.PLAIN),
        kind=Kind.REPORTED,
        protocol=protocol,
        printed_direction=named or "",
        direction=Direction(named) if named else None,
    )
