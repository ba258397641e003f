"""The six toy splits by name, and the rule that decides who owns a caption."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from splits.errors import UnknownNameError

S = TypeVar("S")

SIZES = {"train": 600, "validation": 200, "test": 250}
DATASETS = ("toy-scene", "toy-object")
MOST_IMAGES_OF_A_CAPTION = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One toy split: which dataset, which part of it, and how many images."""

    dataset: str
    part: str

    @property
    def name(self) -> str:
        """The name of the split, which is also the seed of everything in it."""
        return f"{self.dataset}/{self.part}"

    @property
    def n_images(self) -> int:
        """The number of images."""
        return SIZES[self.part]

    @property
    def image_ids(self) -> tuple[str, ...]:
        """The ids of the images, in canonical order."""
        return tuple(f"{self.dataset}-{self.part}-{index:03d}" for index in range(self.n_images))


PARTS = {part.name: part for part in (Part(dataset, name) for dataset in DATASETS for name in SIZES)}


@dataclass(frozen=True, slots=True)
class Caption(Generic[S]):
    """A sentence, the statement it makes, and every image of its split that the statement is true of."""

    text: str
    statement: S
    images: tuple[int, ...]
    """Ascending; the first is the image that the caption was written for."""


def part_named(name: str) -> Part:
    """Find a toy split by name.

    Raises:
        UnknownNameError: There is no such toy split.
    """
    if name not in PARTS:
        raise UnknownNameError(f"There is no toy split named {name!r}. Known names: {', '.join(PARTS)}.")
    return PARTS[name]


def owned_caption(
    owner: int, attempts: Callable[[int], tuple[str, S]], true_of: Callable[[S], Iterable[int]]
) -> Caption[S]:
    """Take the first attempt that is true of its owner and of at most one image more, which comes later.

    So the judgments of a toy split are complete, and the first image of a caption is the one it was written for.

    Args:
        owner: The image to be described.
        attempts: The sentence and statement of attempt number n; later attempts say more.
        true_of: Every image that a statement is true of, ascending.
    """
    number = 0
    while True:
        text, statement = attempts(number)
        images = tuple(true_of(statement))
        if images[0] == owner and len(images) <= MOST_IMAGES_OF_A_CAPTION:
            return Caption(text, statement, images)
        number += 1
