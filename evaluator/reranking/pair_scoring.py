"""Scoring pairs with a cross-encoder: a picture at a time, in blocks of captions.

Blocks have fixed members: the same run gives the same bits whether it was interrupted, cached, or neither.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from evaluator.devices import is_out_of_memory
from evaluator.encoding.cache import StoredPart
from evaluator.encoding.history import History
from evaluator.encoding.picture_batches import Span, picture_batches
from evaluator.environment import environment
from evaluator.model import Encoder, ModelError, Reranker, States
from evaluator.progress import Meter, Tell
from evaluator.reranking.blocks import Blocks, no_memory, room_for
from evaluator.reranking.pairs import Pairs, PairScores
from splits.content import Content
from splits.shown import quoted
from splits.split import Indices, Split

PICTURES_PER_CHUNK = 8
"""What a killed run loses at most."""


@dataclass(frozen=True, slots=True, eq=False)
class _OneByOne:
    """Prepares pictures for a cross-encoder, which takes each by itself."""

    reranker: Reranker

    def prepare_image(self, picture: Any) -> Any:
        return cast("Encoder", self.reranker).prepare_image(picture)

    def collate_images(self, prepared: Sequence[Any]) -> Any:
        (one,) = prepared
        return one


@dataclass(frozen=True, slots=True, eq=False)
class CaptionStates:
    """What a cross-encoder needs of some captions."""

    arrays: dict[str, NDArray[Any]]
    place: Indices
    """Of every caption of the split among the states."""

    def of(self, captions: Indices) -> States:
        """Return the states of some captions."""
        places = self.place[captions]
        return {name: array[places] for name, array in self.arrays.items()}


@dataclass(frozen=True, slots=True, eq=False)
class PairScoring:
    """A cross-encoder at work on the pairs of a split."""

    reranker: Reranker
    content: Content
    texts: Sequence[str]
    """All captions, the prompt around them."""
    pairs: Pairs
    kept: StoredPart | None
    """Where scores are kept, of these pairs alone."""
    history: History
    kernels: set[str]
    """Those met so far that have no deterministic implementation."""
    blocks: Blocks
    tell: Tell

    def score(self) -> tuple[PairScores, int]:
        """Take the scores that are kept, and compute the others.

        Returns:
            The scores of all pairs, and how many of them were kept.

        Raises:
            ModelError: A score is NaN or infinite, memory runs out for one pair, or scores cannot be kept.
            DataError: A picture cannot be read.
        """
        scores = np.full(len(self.pairs), np.nan, dtype=np.float32)
        for span, found in self.kept.chunks(self._chunks()) if self.kept is not None else ():
            scores[span.start : span.stop] = found
        todo = [image for image in range(self.pairs.n_images) if np.isnan(scores[self.pairs.slots(image)]).any()]
        n_kept = len(scores) - sum(len(self.pairs.of(image)) for image in todo)
        states = self._caption_states(todo)
        meter = Meter(self.tell, "score pairs", len(scores))
        meter.found(n_kept)
        encoder = cast("Encoder", _OneByOne(self.reranker))
        spans = [Span(image, image + 1) for image in todo]
        here = environment(self.blocks.device)
        if todo and here not in self.history.environments:
            self.history.environments.append(here)
        since = time.monotonic()
        with picture_batches(encoder, self.content.pictures, spans, pinned=False) as ready:
            for image, following, prepared in zip(todo, [*todo, -1][1:], ready, strict=True):
                slots = self.pairs.slots(image)
                scores[slots] = self._scores_of(image, prepared, states, meter)
                now = time.monotonic()
                self.history.grow(
                    slots.stop - slots.start, now - since, batch_size=self.blocks.size, kernels=self.kernels
                )
                since = now
                if image // PICTURES_PER_CHUNK != following // PICTURES_PER_CHUNK:
                    self._keep(image, scores)
        return scores, n_kept

    def _keep(self, image: int, scores: PairScores) -> None:
        if self.kept is None:
            return
        chunk = self._chunks()[image // PICTURES_PER_CHUNK]
        self.kept.store(chunk, scores[chunk.start : chunk.stop], self.history)

    def _chunks(self) -> list[Span]:
        """Return the pairs of some pictures at a time, which are kept together."""
        borders = [*self.pairs.starts[:-1:PICTURES_PER_CHUNK].tolist(), len(self.pairs)]
        return [Span(*border) for border in pairwise(borders)]

    def _caption_states(self, images: Sequence[int]) -> CaptionStates:
        """Compute the states of the captions of some pictures, once.

        A caption has the same neighbours in its block whichever the pictures are.
        """
        every, wanted = np.zeros(len(self.texts), dtype=bool), np.zeros(len(self.texts), dtype=bool)
        for image in range(self.pairs.n_images):
            every[self.pairs.of(image)] = True
        for image in images:
            wanted[self.pairs.of(image)] = True
        captions = np.flatnonzero(every)
        meter = Meter(self.tell, "read captions", len(captions))
        arrays: dict[str, NDArray[Any]] = {}

        def compute(block: slice) -> States:
            if not wanted[captions[block]].any():
                return {}
            return self.reranker.caption_states([self.texts[caption] for caption in captions[block]])

        for block, states in self.blocks.each(len(captions), compute, meter):
            for name, rows in states.items():
                if name not in arrays:
                    arrays[name] = room_for((len(captions), *rows.shape[1:]), rows.dtype)
                arrays[name][block] = rows
            meter.add(block.stop - block.start)
        place = np.zeros(len(self.texts), dtype=np.int64)
        place[captions] = np.arange(len(captions))
        return CaptionStates(arrays, place)

    def _scores_of(self, image: int, prepared: Any, states: CaptionStates, meter: Meter) -> PairScores:
        captions = self.pairs.of(image)
        scores = np.empty(len(captions), dtype=np.float32)
        state = self._image_state(prepared)

        def compute(block: slice) -> PairScores:
            return self.reranker.match(state, states.of(captions[block]))

        for block, found in self.blocks.each(len(captions), compute, meter):
            _refuse_nonfinite(self.content.split, image, captions[block], found)
            scores[block] = found
            meter.add(len(found))
        return scores

    def _image_state(self, prepared: Any) -> Any:
        try:
            return self.reranker.image_state(prepared)
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise no_memory(self.blocks.device, "a single picture") from error
            raise


def _refuse_nonfinite(split: Split, image: int, captions: Indices, scores: PairScores) -> None:
    wrong = np.flatnonzero(~np.isfinite(scores))
    if len(wrong):
        raise ModelError(
            f"The score of image {quoted(split.image_ids[image])} with caption"
            f" {quoted(split.caption_ids[captions[wrong[0]]])} is {scores[wrong[0]]}, as are {len(wrong) - 1} others of"
            f" {len(scores)} scored together; expected finite numbers. Check the weights, or run in fp32."
        )
