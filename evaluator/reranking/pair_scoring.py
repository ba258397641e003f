"""Scoring pairs with a cross-encoder: a picture at a time, in blocks of captions that shrink when memory runs out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from evaluator.devices import is_out_of_memory, release_memory
from evaluator.model import Encoder, ModelError, Reranker, States
from evaluator.progress import Meter, Tell
from evaluator.reranking.pair_cache import PairCache
from evaluator.reranking.pairs import Pairs
from evaluator.reranking.prepared_pictures import prepared_pictures
from splits.content import Content
from splits.split import Indices, Split

T = TypeVar("T")


@dataclass(slots=True)
class Blocks:
    """Work in blocks of at most a size, which is halved when memory runs out."""

    size: int
    device: str

    def each(self, count: int, compute: Callable[[slice], T], meter: Meter) -> Iterator[tuple[slice, T]]:
        """Compute block after block.

        Raises:
            ModelError: Memory runs out for a block of one.
        """
        start = 0
        while start < count:
            block = slice(start, min(start + self.size, count))
            result = self._tried(block, compute)
            if result is None:
                self.size = (block.stop - start) // 2
                meter.say(f"out of memory with {block.stop - start} captions at a time, going on with {self.size}")
            else:
                yield block, result
                start = block.stop

    def _tried(self, block: slice, compute: Callable[[slice], T]) -> T | None:
        try:
            return compute(block)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if block.stop - block.start == 1:
                raise no_memory(self.device, "a single caption") from error
        # Only here has the traceback let go of what the failed block had allocated.
        release_memory(self.device)
        return None


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
    """Takes the scores."""
    cache: PairCache | None
    blocks: Blocks
    tell: Tell

    def score(self) -> None:
        """Take the scores that are in the cache, and compute the others.

        Raises:
            ModelError: A score is NaN or infinite, memory runs out for one pair, or the cache cannot be written.
            DataError: A picture cannot be read.
        """
        todo, total, missing, wanted = [], 0, 0, np.zeros(len(self.texts), dtype=bool)
        for image in range(self.content.split.n_images):
            captions = self.pairs.of(image)
            scores = self._known(image, captions)
            unknown = np.isnan(scores)
            total, missing = total + len(captions), missing + int(unknown.sum())
            if unknown.any():
                todo.append(image)
                wanted[captions[unknown]] = True
            else:
                self.pairs.put(image, captions, scores)
        states = self._caption_states(np.flatnonzero(wanted))
        meter = Meter(self.tell, "score pairs", total, total - missing)
        with closing(prepared_pictures(self._prepare, todo)) as ready:
            for image, prepared in ready:
                self._score_picture(image, prepared, states, meter)
        if self.cache is not None:
            self.cache.flush()

    def _known(self, image: int, captions: Indices) -> NDArray[np.float32]:
        if self.cache is None:
            return np.full(len(captions), np.nan, dtype=np.float32)
        return self.cache.find(image, captions)

    def _prepare(self, image: int) -> Any:
        return cast("Encoder", self.reranker).prepare_image(self.content.pictures.open(image))

    def _caption_states(self, captions: Indices) -> CaptionStates:
        """Compute the states of some captions, once, into arrays for all of them."""
        meter = Meter(self.tell, "read captions", len(captions))
        arrays: dict[str, NDArray[Any]] = {}

        def compute(block: slice) -> States:
            return self.reranker.caption_states([self.texts[caption] for caption in captions[block]])

        for block, states in self.blocks.each(len(captions), compute, meter):
            for name, rows in states.items():
                if name not in arrays:
                    arrays[name] = np.empty((len(captions), *rows.shape[1:]), rows.dtype)
                arrays[name][block] = rows
            meter.add(block.stop - block.start)
        place = np.zeros(len(self.texts), dtype=np.int64)
        place[captions] = np.arange(len(captions))
        return CaptionStates(arrays, place)

    def _score_picture(self, image: int, prepared: Any, states: CaptionStates, meter: Meter) -> None:
        captions = self.pairs.of(image)
        scores = self._known(image, captions)
        unknown = np.flatnonzero(np.isnan(scores))
        state = self._image_state(prepared)

        def compute(block: slice) -> NDArray[np.float32]:
            return self.reranker.match(state, states.of(captions[unknown[block]]))

        for block, found in self.blocks.each(len(unknown), compute, meter):
            _refuse_nonfinite(self.content.split, image, captions[unknown[block]], found)
            scores[unknown[block]] = found
            meter.add(len(found))
        self.pairs.put(image, captions, scores)
        if self.cache is not None:
            self.cache.add(image, captions[unknown], scores[unknown])

    def _image_state(self, prepared: Any) -> Any:
        try:
            return self.reranker.image_state(prepared)
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise no_memory(self.blocks.device, "a single picture") from error
            raise


def no_memory(device: str, what: str) -> ModelError:
    """Say that not even the smallest piece of work fits."""
    return ModelError(
        f"Memory on {device} does not suffice even for {what}. Free some, take another device, or a smaller model."
    )


def _refuse_nonfinite(split: Split, image: int, captions: Indices, scores: NDArray[np.float32]) -> None:
    wrong = np.flatnonzero(~np.isfinite(scores))
    if len(wrong):
        raise ModelError(
            f"The score of image {split.image_ids[image]!r} with caption {split.caption_ids[captions[wrong[0]]]!r} is"
            f" {scores[wrong[0]]}, as are {len(wrong) - 1} others of {len(scores)} scored together; expected finite"
            " numbers. Check the weights, or run in fp32."
        )
