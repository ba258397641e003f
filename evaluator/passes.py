"""Drive the compiled kernels over a matrix with ordinary threads, in blocks no larger than they need be."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from evaluator.run import Scores

T = TypeVar("T")

BLOCK_BYTES = 16 << 20
"""How much of a matrix is converted at a time where the kernels cannot read it as it lies."""


def thread_count() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def over_rows(n_rows: int, work: Callable[[int, int], T]) -> list[T]:
    """Call `work(first, last)` on consecutive ranges of rows, one range per thread, and return the answers in order."""
    threads = min(thread_count(), max(1, n_rows // 64))
    edges = [n_rows * part // threads for part in range(threads + 1)]
    if threads == 1:
        return [work(0, n_rows)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, edges[:-1], edges[1:]))


def working_dtype(scores: Scores) -> np.dtype[np.floating]:
    """Return the native type scores are compared in: float64 for float64, float32 for float32 and float16.

    Every float16 is a float32 exactly, so no comparison changes.
    """
    return np.dtype(np.float64 if scores.dtype.itemsize == 8 else np.float32)


def readable_blocks(scores: Scores, first: int, last: int) -> list[tuple[int, int]]:
    """Cut rows into ranges: one where the kernels read the matrix in place, small ones where rows must be converted."""
    if scores.dtype == working_dtype(scores) and scores.strides[1] == scores.itemsize:
        return [(first, last)]
    step = max(1, BLOCK_BYTES // (scores.shape[1] * 4))
    return [(start, min(start + step, last)) for start in range(first, last, step)]


def native(scores: Scores) -> Scores:
    """Return scores as a plain array of the working type, copying only if it must."""
    return np.ascontiguousarray(np.asarray(scores), dtype=working_dtype(scores))


def in_place(scores: Scores) -> Scores:
    """Return a block for the kernels: itself where they can read it, else a converted copy."""
    block = np.asarray(scores)
    if block.dtype == working_dtype(scores) and block.strides[1] == block.itemsize:
        return block
    return native(scores)
