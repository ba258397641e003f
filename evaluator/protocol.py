"""What a protocol is: a versioned recipe within which numbers are comparable, and the catalogue of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ProtocolError
from splits.catalog import Catalog
from splits.split import ORIGINAL, CaptionPolicy

RECALLS = ("R@1", "R@5", "R@10")
"""What rsum adds up, in both directions."""

RANKS = ("MedR", "MeanR", "MRR")

RSUM = "rsum"

LEADING = (RSUM, "mAP@R", "mAP", "R@1")
"""What boards rank on: the first of these that a protocol has; of a metric the mean of both directions."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Parts of a split that are scored on their own and then averaged.

    Consecutive blocks of images in canonical order when `draws` is None; else that many random partitions.
    """

    count: int
    draws: int | None = None

    @property
    def words(self) -> str:
        """Say what they are in a few words.

        >>> Folds(5).words, Folds(5, draws=100).words
        ('5 consecutive', '5 at random, 100 draws')
        """
        return f"{self.count} consecutive" if self.draws is None else f"{self.count} at random, {self.draws} draws"

    def assign(self, n_images: int, seed: int) -> NDArray[np.uint8]:
        """Return the fold of every image in every draw, shape (n_images, draws).

        Random draws order the images by raw PCG64 output, a stream that numpy promises not to change.

        Raises:
            ProtocolError: The images cannot be cut into equal folds.
        """
        if n_images % self.count:
            raise ProtocolError(
                f"{self.count} equal folds need a multiple of {self.count} images, the split has {n_images}."
            )
        block = np.repeat(np.arange(self.count, dtype=np.uint8), n_images // self.count)
        if self.draws is None:
            return block[:, None]
        folds = np.empty((n_images, self.draws), dtype=np.uint8)
        for draw in range(self.draws):
            keys = np.random.PCG64(np.random.SeedSequence([seed, draw])).random_raw(n_images)
            folds[np.argsort(keys, kind="stable"), draw] = block
        return folds


@dataclass(frozen=True, slots=True)
class Protocol:
    """A versioned recipe: split, judgments, folds and metrics. What can move a number raises the version."""

    name: str
    version: int
    title: str
    """How a board calls it."""
    split: str | None
    """The name of its split; None for `standard`, which scores any split."""
    judgments: str = ORIGINAL
    metrics: tuple[str, ...] = (*RECALLS, *RANKS)
    folds: Folds | None = None
    captions: CaptionPolicy = CaptionPolicy.ALL
    """Whether all captions of an image are used, or one that is drawn with the evaluation's seed."""
    notes: str = ""
    """What a reader must know to compare: what others call the same thing, and what is easily mistaken for it."""

    @property
    def has_rsum(self) -> bool:
        """Whether all the recalls that rsum adds up are among the metrics."""
        return set(RECALLS) <= set(self.metrics)

    @property
    def leading(self) -> str | None:
        """What its boards rank on, None for a protocol with none of `LEADING`."""
        return next((name for name in LEADING if name in self.metrics or (name == RSUM and self.has_rsum)), None)


PROTOCOLS: Catalog[Protocol] = Catalog(Protocol, "evaluator.protocols")
