"""One part of a content, its images or its captions, as embeddings: what is kept is read, what is missing encoded."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.devices import arithmetic
from evaluator.encoding.cache import EmbeddingCache, StoredPart
from evaluator.encoding.cache_key import Key
from evaluator.encoding.history import History
from evaluator.encoding.loop import BatchSize, Rows, Work, encoded
from evaluator.encoding.picture_batches import Span
from evaluator.environment import environment
from evaluator.model import ModelError, Precision
from evaluator.progress import Meter, Tell

logger = logging.getLogger(__name__)

LEAST_CHUNK = 512
"""Embeddings kept together: few enough to lose when a run is killed, enough that files stay few."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPart:
    """The embeddings of the images or of the captions."""

    rows: Rows
    is_from_cache: NDArray[np.bool_]
    """Of every row."""
    history: History
    """How they came about, be it now or in the runs that left them in the cache."""
    encoded_in: tuple[dict[str, Any], ...]
    """The environments of the runs that left rows in the cache; none where nothing came from there."""


@dataclass(frozen=True, slots=True, eq=False)
class Keeping:
    """Where the embeddings of a part are kept, and as what."""

    cache: EmbeddingCache
    key: Key
    about: str


def encode_part(
    work: Work, *, precision: Precision, batch_size: int, keeping: Keeping | None, tell: Tell
) -> EncodedPart:
    """Encode what of a part is not kept already.

    Args:
        work: What to encode, and how.
        precision: Of the run.
        batch_size: How many go through the network at once; a part begun with smaller batches goes on with them.
        keeping: Where it is kept; None keeps nothing.
        tell: Told how far it is.

    Raises:
        ModelError: An embedding is no embedding, or memory or disk is too small.
        DataError: A picture cannot be read.
    """
    meter = Meter(tell, f"encode {work.kind}", len(work.ids))

    def say(remark: str) -> None:
        logger.info("%s: %s", work.model, remark)
        meter.say(remark)

    with _opened(keeping, say) as part:
        filling = _Filling(work, _begun(part, batch_size), part, batch_size)
        is_kept = filling.read()
        meter.found(int(is_kept.sum()))
        encoded_in = tuple(filling.history.environments) if is_kept.any() else ()
        with arithmetic(work.device, precision) as kernels:
            for count in filling.encode(say, kernels):
                meter.add(count)
        filling.count_truncated()
        return EncodedPart(filling.rows, is_kept, filling.history, encoded_in)


@contextmanager
def _opened(keeping: Keeping | None, say: Callable[[str], None]) -> Iterator[StoredPart | None]:
    if keeping is None:
        yield None
        return
    with keeping.cache.part(keeping.key, about=keeping.about, say=say) as part:
        yield part


def _begun(part: StoredPart | None, batch_size: int) -> History:
    """Take up what an earlier run noted, or begin; chunks are whole numbers of the batches they were begun with."""
    if part is not None and part.history is not None:
        if part.history.chunk >= LEAST_CHUNK:
            return part.history
        part.start_over("is damaged")
    return History(chunk=-(-LEAST_CHUNK // batch_size) * batch_size, batch_size=batch_size)


class _Filling:
    """The rows of a part as they come in, from the cache or from the network."""

    def __init__(self, work: Work, history: History, part: StoredPart | None, batch_size: int) -> None:
        self.work, self.history, self._part = work, history, part
        self._batch_size = min(batch_size, history.batch_size)
        self.rows: Rows = np.empty((0, 0), dtype=np.float32)
        self._missing = {span.start: span for span in Span(0, len(work.ids)).cut(history.chunk)}

    def read(self) -> NDArray[np.bool_]:
        """Read the chunks that are kept; return which rows they hold."""
        is_kept = np.zeros(len(self.work.ids), dtype=np.bool_)
        for chunk, found in self._part.chunks(list(self._missing.values())) if self._part is not None else ():
            self._put(chunk, found)
            is_kept[chunk.start : chunk.stop] = True
            del self._missing[chunk.start]
        return is_kept

    def encode(self, say: Callable[[str], None], kernels: set[str]) -> Iterator[int]:
        """Encode the chunks that are missing, keep each when it is whole, and say how many rows each batch had."""
        if self._part is not None and self._missing:
            self._remember_environment()
        size = BatchSize(self._batch_size, say, self.history.remarks)
        ends = {span.stop: span for span in self._missing.values()}
        since = time.monotonic()
        for batch, found in encoded(self.work, list(self._missing.values()), size):
            self._put(batch, found)
            now = time.monotonic()
            self.history.grow(len(batch), now - since, batch_size=size.now, kernels=kernels)
            since = now
            if self._part is not None and batch.stop in ends:
                chunk = ends[batch.stop]
                self._part.store(chunk, self.rows[chunk.start : chunk.stop], self.history)
            yield len(batch)

    def count_truncated(self) -> None:
        """Count what the network cuts off, unless an earlier run did."""
        if self.history.n_truncated is None:
            self.history.n_truncated = self.work.count_truncated()
            if self._part is not None:
                self._part.note(self.history)

    def _remember_environment(self) -> None:
        here = environment(self.work.device)
        if here not in self.history.environments:
            self.history.environments.append(here)

    def _put(self, span: Span, found: Rows) -> None:
        """Put rows in their place; the first ones tell how wide all are."""
        if not len(self.rows):
            self.rows = np.empty((len(self.work.ids), *found.shape[1:]), dtype=np.float32)
        if self.rows.shape[1:] != found.shape[1:]:
            raise ModelError(
                f"{self.work.model} returned embeddings of shape {found.shape[1:]} for the {self.work.kind} from"
                f" position {span.start:,} on, and of shape {self.rows.shape[1:]} before. All must be alike."
            )
        self.rows[span.start : span.stop] = found
