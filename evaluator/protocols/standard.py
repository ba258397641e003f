"""The protocol for any split, a user's own among them."""

from evaluator.protocol import RANKS, RECALLS, Protocol

STANDARD = Protocol(
    name="standard",
    version=1,
    title="Standard",
    split=None,
    metrics=(*RECALLS, *RANKS, "mAP@R", "R-Precision", "mAP"),
    notes="Every metric on the split's original judgments; numbers compare only within one split.",
)
