"""Pictures opened and prepared by threads ahead of the network, and handed over as batches in their order.

Threads and no processes: decoding and resizing release the interpreter, nothing has to be copied between processes,
and a process that has started CUDA must not fork.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluator.model import Encoder
    from splits.content import Pictures

BATCHES_AHEAD = 2
"""Prepared while the network works on another; fewer would make it wait for one slow picture."""
MOST_THREADS = 16


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive canonical indices, from `start` to before `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        """How many there are."""
        return self.stop - self.start

    def cut(self, size: int) -> "list[Span]":
        """Cut into spans of one size, of which the last may be shorter.

        >>> [(part.start, part.stop) for part in Span(4, 9).cut(2)]
        [(4, 6), (6, 8), (8, 9)]
        """
        return [Span(start, min(start + size, self.stop)) for start in range(self.start, self.stop, size)]


def host_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def picture_batches(
    encoder: "Encoder", pictures: "Pictures", spans: Sequence[Span], *, pinned: bool
) -> Iterator[Iterator[Any]]:
    """Prepare batches ahead of whoever takes them.

    Leaving the context stops all threads, whatever happened; a picture that cannot be read raises its own error when
    its batch is taken.

    Args:
        encoder: Prepares and stacks pictures.
        pictures: Where they come from.
        spans: The pictures of each batch.
        pinned: Whether batches are put into memory that a CUDA device reads by itself.

    Yields:
        The batches, in order.
    """
    threads = min(host_cores(), MOST_THREADS)
    opening = ThreadPoolExecutor(threads, "rematch-pictures", initializer=_compute_alone)
    stacking = ThreadPoolExecutor(1, "rematch-batches")
    before = _torch_threads()

    def prepare(index: int) -> Any:
        return encoder.prepare_image(pictures.open(index))

    def stack(prepared: list[Future[Any]]) -> Any:
        batch = encoder.collate_images([one.result() for one in prepared])
        return _pinned(batch) if pinned else batch

    def order(span: Span) -> Future[Any]:
        return stacking.submit(stack, [opening.submit(prepare, index) for index in range(span.start, span.stop)])

    try:
        yield _in_order(order, spans, threads)
    finally:
        # What waits to be stacked is let go first, or it would wait for pictures that nobody opens any more.
        stacking.shutdown(wait=False, cancel_futures=True)
        opening.shutdown(cancel_futures=True)
        stacking.shutdown()
        _put_torch_threads(before)


def _in_order(order: Callable[[Span], Future[Any]], spans: Sequence[Span], threads: int) -> Iterator[Any]:
    ahead = max(BATCHES_AHEAD, -(-2 * threads // len(spans[0]))) if spans else 0
    waiting: deque[Future[Any]] = deque()
    for span in spans:
        waiting.append(order(span))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _compute_alone() -> None:
    """Keep torch from starting a team of threads for every thread that prepares pictures."""
    _put_torch_threads(1)


def _torch_threads() -> int | None:
    torch = sys.modules.get("torch")
    return None if torch is None else int(torch.get_num_threads())


def _put_torch_threads(count: int | None) -> None:
    torch = sys.modules.get("torch")
    if torch is not None and count is not None:
        torch.set_num_threads(count)


def _pinned(batch: Any) -> Any:
    """Return a batch whose tensors lie in pinned memory; what is no tensor stays as it is."""
    import torch

    if isinstance(batch, torch.Tensor):
        return batch.pin_memory()
    if isinstance(batch, dict):
        return {name: _pinned(part) for name, part in batch.items()}
    if isinstance(batch, list | tuple):
        parts = [_pinned(part) for part in batch]
        return tuple(parts) if type(batch) is tuple else parts if type(batch) is list else batch
    return batch
