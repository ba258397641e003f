"""Whether a claim and a reproduction are about the same thing, and in what they differ where they are not."""

from evaluator.audit.claim import Claim
from evaluator.audit.noise import is_share
from evaluator.audit.printed import Scale
from evaluator.audit.reproduction import Reproduction
from evaluator.protocol import PROTOCOLS, Folds, Protocol


def not_comparable(claim: Claim, reproduction: Reproduction) -> str | None:
    """Say why a claim cannot be held against a reproduction at all; None if it can.

    A claim under another protocol of ours can be: `protocol_mismatch` tells.
    """
    if claim.protocol is None:
        return "no protocol of ours measures what the cell states"
    if claim.metric != reproduction.metric:
        return f"the claim is {claim.metric}, and {reproduction.metric} was measured"
    if claim.direction is not reproduction.direction:
        return f"the claim is {claim.direction or 'over both directions'}, and {reproduction.direction} was measured"
    if is_share(claim.metric) is (claim.printed.scale is Scale.PLAIN):
        return f"{claim.metric} does not count in the scale that the claim declares, {claim.printed.scale}"
    return None


def protocol_mismatch(claim: Claim, reproduction: Reproduction) -> str | None:
    """Say in what the protocol, the pool or the captions of a claim differ from those of a reproduction, if they do."""
    if claim.protocol != reproduction.protocol:
        details = _differences(claim.protocol or "", reproduction.protocol)
        return f"the claim is on {claim.protocol}, the reproduction on {reproduction.protocol}{details}"
    for stated, measured, kind in (
        (claim.n_images, reproduction.n_images, "images"),
        (claim.n_captions, reproduction.n_captions, "captions"),
    ):
        if stated is not None and stated != measured:
            return f"the claim is over {stated:,} {kind}, the reproduction over {measured:,}"
    return None


def _differences(stated: str, measured: str) -> str:
    """Say what two protocols of the catalogue do differently, in brackets."""
    if stated not in PROTOCOLS or measured not in PROTOCOLS:
        return ""
    one, other = PROTOCOLS[stated], PROTOCOLS[measured]
    parts = [
        f"{kind} {mine} against {theirs}"
        for (kind, mine), (_, theirs) in zip(_aspects(one), _aspects(other), strict=True)
        if mine != theirs
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def _aspects(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    return (
        ("split", protocol.split or "any"),
        ("captions per image", protocol.captions.value),
        ("folds", _folds(protocol.folds)),
        ("judgments", protocol.judgments),
    )


def _folds(folds: Folds | None) -> str:
    if folds is None:
        return "none"
    return f"{folds.count} {'in order' if folds.draws is None else 'at random'}"
