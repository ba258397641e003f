"""What the tiny CLIP learns from: one part of a toy dataset as tensors, and batches of it with altered pictures."""
# ruff: noqa: TID253 - imported only where a model is trained.

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import open_clip
import torch
from torch.nn import functional

from evaluator.toy_clip.recipe import ARCHITECTURE, ARCHITECTURE_FILE, Recipe

Tensor = Any


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One part of a toy dataset."""

    pictures: Tensor
    """As the network takes them, shape (n, 3, side, side)."""
    tokens: Tensor
    """Of every caption, filled up with 0, shape (m, context)."""
    fits: Tensor
    """Whether a caption is true of a picture, shape (n, m)."""

    @property
    def captions_per_picture(self) -> int:
        """How many captions were written for each picture; they follow one another."""
        return len(self.tokens) // len(self.pictures)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some pictures of one dataset with some of their captions."""

    pictures: Tensor
    tokens: Tensor
    read: Tensor
    """1 for every token that is read this time, 0 for the others."""
    fits: Tensor


def make_known() -> None:
    """Tell open_clip of the architecture; a second time changes nothing."""
    if ARCHITECTURE not in open_clip.list_models():
        open_clip.add_model_config(ARCHITECTURE_FILE)


def read_lesson(split_name: str) -> Lesson:
    """Render one part of a toy dataset and prepare it as open_clip prepares its input."""
    from splits import SPLITS
    from splits.toy import captions, render_images

    split = SPLITS[split_name].read
    if split is None:
        raise RuntimeError(f"{split_name} is rendered and can always be read.")
    pixels = torch.from_numpy(render_images(split_name).copy()).permute(0, 3, 1, 2).float() / 255
    mean, spread = (
        torch.tensor(values).view(1, 3, 1, 1)
        for values in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
    )
    make_known()
    tokens = open_clip.get_tokenizer(ARCHITECTURE)(captions(split_name))
    pairs = torch.from_numpy(split().pairs.copy())
    fits = torch.zeros(len(pixels), len(tokens), dtype=torch.bool)
    fits[pairs[:, 1], pairs[:, 0]] = True
    return Lesson((pixels - mean) / spread, tokens, fits)


def batches(lesson: Lesson, recipe: Recipe, generator: Tensor) -> Iterator[Batch]:
    """Yield batches without end; each epoch shows every picture once, in another order."""
    size, each = min(recipe.batch, len(lesson.pictures)), lesson.captions_per_picture
    taken = min(recipe.captions_per_picture, each)
    while True:
        order = torch.randperm(len(lesson.pictures), generator=generator)
        for chosen in order[: len(order) // size * size].split(size):
            drawn = torch.rand(size, each, generator=generator).argsort(1)[:, :taken]
            rows = (chosen[:, None] * each + drawn).flatten()
            pictures = altered(lesson.pictures[chosen], recipe, generator)
            tokens = lesson.tokens[rows]
            read = (torch.rand(tokens.shape, generator=generator) >= recipe.word_dropout).float()
            yield Batch(pictures, tokens, read, lesson.fits[chosen][:, rows])


def altered(pictures: Tensor, recipe: Recipe, generator: Tensor) -> Tensor:
    """Move, turn, zoom, tint and roughen pictures, each a little and differently, so that captions stay true."""

    def within(most: float, *shape: int) -> Tensor:
        return (torch.rand(len(pictures), *shape, generator=generator) * 2 - 1) * most

    angle, size = within(math.radians(recipe.turn)), 1 + within(recipe.zoom)
    cosine, sine = angle.cos() * size, angle.sin() * size
    moved = within(2 * recipe.shift / pictures.shape[-1], 2)
    places = torch.stack((cosine, -sine, moved[:, 0], sine, cosine, moved[:, 1]), 1).view(-1, 2, 3)
    grid = functional.affine_grid(places, list(pictures.shape), align_corners=False)
    seen = functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    seen = seen + within(recipe.tint, 3, 1, 1) + within(recipe.tint, 1, 1, 1)
    return seen + torch.randn(seen.shape, generator=generator) * recipe.noise
