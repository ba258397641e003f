"""Whether a split has enough candidates for what a protocol reports."""

from collections.abc import Iterable

from evaluator.errors import ProtocolError
from evaluator.metric import METRICS
from evaluator.protocol import Protocol
from splits.split import CaptionPolicy, Direction, Split


def check_gallery(protocol: Protocol, split: Split, directions: Iterable[Direction] = Direction) -> None:
    """Refuse a gallery that is smaller than the largest K of a protocol.

    Args:
        protocol: What is reported, over how many folds, and of how many captions per image.
        split: What is ranked.
        directions: Those that are reported; both if omitted.

    Raises:
        ProtocolError: With what the protocol needs and what there is.
    """
    folds = protocol.folds.count if protocol.folds else 1
    n_captions = split.n_images if protocol.captions is CaptionPolicy.ONE else split.n_captions
    for direction in directions:
        kind, size = ("captions", n_captions) if direction is Direction.I2T else ("images", split.n_images)
        for name in protocol.metrics:
            cutoff = METRICS[name].cutoff
            if cutoff is not None and cutoff * folds > size:
                raise ProtocolError(
                    f"{name} needs at least {cutoff} candidates, but {direction} ranks only {size // folds} {kind}"
                    f" of the split {split.name}. Use a split with at least {cutoff * folds} {kind}."
                )
