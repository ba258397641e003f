"""Work in blocks of captions, which shrink when memory runs out, and arrays that may be larger than memory."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluator.devices import is_out_of_memory, release_memory
from evaluator.model import MissingHereError
from evaluator.progress import Meter

T = TypeVar("T")

IN_MEMORY = 256 << 20
"""Bytes up to which an array is held in memory."""


@dataclass(slots=True)
class Blocks:
    """Work in blocks of at most a size, which is halved when memory runs out."""

    size: int
    device: str
    remarks: list[str]
    """Where halving is written down for good."""

    def each(self, count: int, compute: Callable[[slice], T], meter: Meter) -> Iterator[tuple[slice, T]]:
        """Compute block after block.

        Raises:
            MissingHereError: Memory runs out for a block of one.
        """
        start = 0
        while start < count:
            block = slice(start, min(start + self.size, count))
            result = self._tried(block, compute)
            if result is None:
                self._halve(block.stop - block.start, meter)
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

    def _halve(self, failed: int, meter: Meter) -> None:
        self.size = failed // 2
        remark = f"{meter.stage}: out of memory with {failed} captions at a time, going on with {self.size}"
        self.remarks.append(remark)
        meter.say(remark)


def no_memory(device: str, what: str) -> MissingHereError:
    """Say that not even the smallest piece of work fits."""
    return MissingHereError(
        f"Memory on {device} does not suffice even for {what}. Free some, take another device, or a smaller model."
    )


def room_for(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an array to be filled: a large one lies in an unnamed file where there is room for it on the disk."""
    n_bytes = int(np.prod(shape)) * dtype.itemsize
    if n_bytes <= IN_MEMORY or not hasattr(os, "posix_fallocate"):
        return np.empty(shape, dtype)
    try:
        with tempfile.TemporaryFile(prefix="rematch-") as file:
            # Writing to a mapped file that the disk has no room for would end the process.
            os.posix_fallocate(file.fileno(), 0, n_bytes)
            return np.asarray(np.memmap(file, dtype, "r+", shape=shape))
    except OSError:
        return np.empty(shape, dtype)
