"""What a split is: ids in canonical order, judgments, provenance and a digest, checked when built."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np

from splits.digest import split_digest
from splits.errors import SplitError
from splits.judgments import ORIGINAL, Direction, Indices, Judgments, Relevance
from splits.shown import quoted

__all__ = [
    "ORIGINAL",
    "CaptionPolicy",
    "Centricity",
    "Dataset",
    "Direction",
    "Indices",
    "Judgments",
    "Relevance",
    "Split",
    "SplitDefinition",
]


class Centricity(StrEnum):
    """Whether pictures show scenes of several things or one object."""

    SCENE = "scene"
    OBJECT = "object"


class CaptionPolicy(StrEnum):
    """How many captions of an image are used: all of them, or one drawn with a caption seed."""

    ALL = "all"
    ONE = "one"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named collection of images with captions, with its source, licence and citation."""

    name: str
    title: str
    centricity: Centricity
    licence: str
    citation: str
    source: str
    """Where the official files are, as a URL or a sentence."""
    layout: str | None = None
    """How its pictures and captions lie in a folder, where that is not told by its own name."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A frozen list of image and caption ids of a dataset with judgments, identified by name and digest."""

    name: str
    dataset: Dataset
    image_ids: tuple[str, ...]
    caption_ids: tuple[str, ...]
    pairs: Indices
    """(caption index, image index) rows, sorted, so that the order in which they were given has no meaning.

    The first image of a caption that has several is therefore the one that comes first in canonical order, and not the
    one it was written for. The caption belongs to that image's fold, and to its cluster in the bootstrap.
    """
    caption_policies: tuple[CaptionPolicy, ...] = (CaptionPolicy.ALL, CaptionPolicy.ONE)
    extended: Mapping[str, Callable[["Split"], Judgments]] = field(default_factory=dict)
    """Further judgments by name, built when first asked for."""
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Check ids and pairs, sort the pairs, and take the digest."""
        _refuse_repeats(self.name, "images", self.image_ids)
        _refuse_repeats(self.name, "captions", self.caption_ids)
        pairs = np.unique(np.asarray(self.pairs, dtype=np.int64).reshape(-1, 2), axis=0)
        for kind, column, ids in (("captions", 0, self.caption_ids), ("images", 1, self.image_ids)):
            lonely = np.setdiff1d(np.arange(len(ids)), pairs[:, column])
            if len(lonely):
                raise SplitError(
                    f"Split {self.name}: {len(lonely)} {kind} are in no pair, first {quoted(ids[lonely[0]])}."
                    " Every image needs a caption and every caption an image: add the pair, or leave the id out."
                )
        object.__setattr__(self, "pairs", pairs)
        object.__setattr__(self, "digest", split_digest(self.image_ids, self.caption_ids, pairs))

    @property
    def centricity(self) -> Centricity:
        """Scene- or object-centric, as its dataset."""
        return self.dataset.centricity

    @property
    def n_images(self) -> int:
        """The number of images."""
        return len(self.image_ids)

    @property
    def n_captions(self) -> int:
        """The number of captions."""
        return len(self.caption_ids)

    @property
    def image_of_caption(self) -> Indices:
        """For every caption, its first image in canonical order, which decides its fold and its bootstrap cluster."""
        images: Indices = self.pairs[np.searchsorted(self.pairs[:, 0], np.arange(self.n_captions)), 1]
        return images

    def judgments(self, name: str = ORIGINAL) -> Judgments:
        """Return judgments by name: `original` or one of the extended ones.

        Raises:
            UnknownNameError: The split has no such judgments.
        """
        if name == ORIGINAL:
            captions, images = self.pairs[:, 0], self.pairs[:, 1]
            return Judgments(
                ORIGINAL,
                i2t=Relevance.from_pairs(images, captions, self.n_images, self.n_captions),
                t2i=Relevance.from_pairs(captions, images, self.n_captions, self.n_images),
            )
        if name not in self.extended:
            from splits.catalog import unknown_name_message
            from splits.errors import UnknownNameError

            raise UnknownNameError(unknown_name_message("set of judgments", name, [ORIGINAL, *self.extended]))
        return self.extended[name](self)


@dataclass(frozen=True, slots=True)
class SplitDefinition:
    """An entry of the split catalogue: what is known of a split before its data is at hand."""

    name: str
    dataset: Dataset
    n_images: int | None
    n_captions: int | None
    digest: str | None
    """The pinned digest, or None where it cannot be known without the official files."""
    read: Callable[[], Split] | None = None
    """Load the split from what is installed; None if it must be built from official files first."""
    build: Callable[[Path], Split] | None = None
    """Build the split from the official files at a path."""
    instructions: str = ""
    """Which official files `build` needs and where to obtain them."""
    caption_policies: Sequence[CaptionPolicy] = (CaptionPolicy.ALL, CaptionPolicy.ONE)


def _refuse_repeats(name: str, kind: str, ids: Sequence[str]) -> None:
    if not ids:
        raise SplitError(f"Split {name} has no {kind}; it needs at least one.")
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        repeat = next(i for i in ids if i in seen or seen.add(i))  # type: ignore[func-returns-value]
        raise SplitError(
            f"Split {name}: {len(ids) - len(set(ids))} of {len(ids)} {kind} repeat an id, first {quoted(repeat)}."
            " Give every one its own id."
        )
