"""Within what candidates are found: a whole gallery, or each fold of it by itself."""

from dataclasses import dataclass

import numpy as np

from evaluator.errors import ProtocolError
from evaluator.protocol import PROTOCOLS, Protocol
from evaluator.ranking import FoldPlan
from splits.caption_draw import draw_captions
from splits.split import CaptionPolicy, Indices, Split


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Images and captions that are ranked among themselves, by canonical index, ascending."""

    images: Indices
    captions: Indices

    @property
    def pool(self) -> int:
        """The number of candidates, of the direction that has more."""
        return max(len(self.images), len(self.captions))


def parts_of(protocol: Protocol, split: Split, *, seed: int) -> tuple[Part, ...]:
    """Return what a protocol ranks among itself: all, or every fold; only the captions drawn where it draws some.

    Args:
        protocol: The recipe.
        split: Its split, with all captions.
        seed: The caption seed.

    Raises:
        ProtocolError: The folds are drawn at random, or the images cannot be cut into equal ones.
    """
    every = np.arange(split.n_captions)
    captions = draw_captions(split, seed) if protocol.captions is CaptionPolicy.ONE else every
    if protocol.folds is None:
        return (Part(np.arange(split.n_images), captions),)
    if protocol.folds.draws is not None:
        raise ProtocolError(
            f"Under {protocol.name} every one of {protocol.folds.draws} random draws of folds would need candidates of"
            " its own, and re-ranking those of the whole gallery would leave a fold with a few of them."
            f" {_instead(protocol)}"
        )
    plan = FoldPlan.of(protocol.folds, split, seed=seed)
    of_image, of_caption = plan.of_image[:, 0], plan.of_caption[captions, 0]
    return tuple(
        Part(np.flatnonzero(of_image == fold), captions[of_caption == fold]) for fold in range(protocol.folds.count)
    )


def _instead(protocol: Protocol) -> str:
    """Name the protocols with the same data and judgments that re-ranking can be run under."""
    fit = [
        one.name
        for one in PROTOCOLS.values()
        if (one.split, one.judgments, one.captions) == (protocol.split, protocol.judgments, protocol.captions)
        and (one.folds is None or one.folds.draws is None)
    ]
    return f"Choose {' or '.join(fit) or 'a protocol without random folds'}."
