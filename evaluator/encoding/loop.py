"""Batches through a network: results fetched while the next batch computes, checked, and halved where memory ends."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluator.devices import is_cuda, is_out_of_memory, release_memory
from evaluator.encoding.picture_batches import Span
from evaluator.model import MissingHereError, ModelError, Vectors
from splits.shown import quoted

Rows: TypeAlias = NDArray[np.float32]
"""Embeddings in the host's memory: shape (n, width) or (n, tokens, width)."""

Batches: TypeAlias = Callable[[Sequence[Span]], AbstractContextManager[Iterator[Any]]]

IN_FLIGHT = 2
"""Results that may still be on their way from a device, so that it has work while the host looks at what arrived."""


@dataclass(slots=True)
class BatchSize:
    """How many items go through the network at once; memory may force it down."""

    now: int
    say: Callable[[str], None]
    """Told at once what happens to it."""
    remarks: list[str]
    """Where it is written down for good."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """The images or the captions of a split, and what turns them into embeddings."""

    kind: str
    """`images` or `captions`."""
    model: str
    ids: Sequence[str]
    """Of what is encoded, in the order in which it is."""
    positions: Sequence[int]
    """Where each stands in the split; further captions of the same wording are not encoded again."""
    device: str
    batches: Batches
    """What the network takes for each of some spans, in order."""
    encode: Callable[[Any], Vectors]
    count_truncated: Callable[[], int] = int
    """Counts those that are longer than the network reads; nothing of an image is."""


def encoded(work: Work, wanted: Sequence[Span], size: BatchSize) -> Iterator[tuple[Span, Rows]]:
    """Encode spans batch by batch, in order; no batch crosses the border of a span.

    Raises:
        ModelError: The network returns something that is no embedding.
        MissingHereError: One item alone does not fit in memory.
        DataError: A picture cannot be read.
    """
    left = list(wanted)
    while left:
        batches = [part for span in left for part in span.cut(size.now)]
        arrived = 0
        with work.batches(batches) as material:
            for rows in _until_memory_ends(work, batches, material):
                yield batches[arrived], rows
                arrived += 1
        if arrived == len(batches):
            return
        failed = batches[arrived]
        _halve(work, failed, size)
        left = [Span(max(span.start, failed.start), span.stop) for span in left if span.stop > failed.start]


def _until_memory_ends(work: Work, batches: Sequence[Span], material: Iterator[Any]) -> Iterator[Rows]:
    arriving: deque[tuple[Span, Callable[[], Rows]]] = deque()
    ahead = IN_FLIGHT if is_cuda(work.device) else 0
    for batch in batches:
        try:
            arriving.append((batch, fetched(work.encode(next(material)), work.device)))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            break
        if len(arriving) > ahead:
            yield _checked(work, *arriving.popleft())
    while arriving:
        yield _checked(work, *arriving.popleft())


def fetched(vectors: Vectors, device: str) -> Callable[[], Rows]:
    """Start to copy embeddings to the host.

    Args:
        vectors: What a network returned.
        device: Where it is said to compute.

    Returns:
        A function that waits for the copy.
    """
    if isinstance(vectors, np.ndarray):
        return lambda: np.asarray(vectors, dtype=np.float32)
    if vectors.is_cuda != is_cuda(device):
        raise ValueError(f"The encoder computes on {vectors.device}, but its run is said to be on {device}.")
    if not vectors.is_cuda:
        return lambda: np.asarray(vectors.float().numpy(), dtype=np.float32)
    import torch

    host = torch.empty(vectors.shape, dtype=torch.float32, pin_memory=True)
    host.copy_(vectors, non_blocking=True)
    copied = torch.cuda.Event()
    copied.record(torch.cuda.current_stream(vectors.device))

    def wait() -> Rows:
        copied.synchronize()
        return np.asarray(host.numpy(), dtype=np.float32)

    return wait


def _checked(work: Work, batch: Span, fetch: Callable[[], Rows]) -> Rows:
    """Refuse what no cosine can be taken of."""
    rows = fetch()
    if rows.ndim not in (2, 3) or len(rows) != len(batch):
        raise ModelError(
            f"{work.model} returned embeddings of shape {rows.shape} for {len(batch)} {work.kind}; expected"
            f" ({len(batch)}, width) or ({len(batch)}, tokens, width). Its family has to be mended."
        )
    tokens = rows.reshape(len(rows), -1, rows.shape[-1])
    broken: NDArray[np.bool_] = np.any(~np.isfinite(tokens), axis=(1, 2))
    if broken.any():
        raise _no_embedding(work, batch, broken, "NaN or infinite values")
    empty: NDArray[np.bool_] = np.any(np.all(tokens == 0, axis=2), axis=1)
    if empty.any():
        raise _no_embedding(work, batch, empty, "nothing but zeros")
    return rows


def _no_embedding(work: Work, batch: Span, which: NDArray[np.bool_], what: str) -> ModelError:
    first = batch.start + int(np.argmax(which))
    return ModelError(
        f"{work.model}: {int(which.sum())} of the {len(batch)} embeddings in the batch of {work.kind} at positions"
        f" {work.positions[batch.start]:,} to {work.positions[batch.stop - 1]:,} hold {what}, first"
        f" {quoted(work.ids[first])} at position {work.positions[first]:,}. Finite embeddings with a length are needed:"
        " check the weights, and use --precision fp32 if it was another."
    )


def _halve(work: Work, failed: Span, size: BatchSize) -> None:
    position = work.positions[failed.start]
    if len(failed) == 1:
        raise MissingHereError(
            f"{work.model}: the memory of {work.device} is too small for {quoted(work.ids[failed.start])} alone, at"
            f" position {position:,} of the {work.kind}. Free some of it, or use --precision bf16 or another device."
        )
    release_memory(work.device)
    size.now = len(failed) // 2
    remark = (
        f"{work.kind}: out of memory with a batch of {len(failed)}; from position {position:,} on in batches of"
        f" {size.now}"
    )
    size.remarks.append(remark)
    size.say(remark)
