"""How findings name cells and numbers, so that all of them read alike."""

from collections.abc import Iterable
from decimal import Decimal

from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import SeriesKey
from evaluator.audit.printed import Scale


def shown(value: Decimal | float, like: Claim) -> str:
    """Return a computed number on the scale of a printed one, with a digit more than it has and no idle zeros.

    A finer number than that would pretend to more than the printed digits say.
    """
    exact = Decimal(value) * (100 if like.printed.scale is Scale.PERCENT else 1)
    text = f"{exact:.{like.printed.decimals + 1}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def named(claim: Claim) -> str:
    """Return metric and digits: `R@5 70.6`."""
    return f"{claim.metric} {claim.printed}"


def placed(claim: Claim) -> str:
    """Return direction and metric: `t2i R@5`."""
    return f"{claim.direction.value} {claim.metric}" if claim.direction else claim.metric


def listed(claims: Iterable[Claim]) -> str:
    """Return metrics and digits: `R@1 40.5, R@5 70.6`."""
    return ", ".join(map(named, claims))


def titled(key: SeriesKey) -> str:
    """Return which numbers a series holds: `VSRN (reported) on coco-5k, t2i`."""
    name = f"{key.system} {key.variant}".strip() + (f" without {key.ablation}" if key.ablation else "")
    how = key.kind.value if key.seed is None else f"{key.kind.value}, seed {key.seed}"
    on = key.ground
    direction = f", {key.direction.value}" if key.direction else ""
    return f"{name} ({how})" + (f" on {on}" if on else "") + direction


def joined(words: Iterable[str]) -> str:
    """Return words as a list in a sentence: `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
