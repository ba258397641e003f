"""All cosines of two sides, a tile at a time, as near to the exact ones as the comparisons that follow need.

The product runs in float32, as fast as the machine multiplies. Its error has a bound, so that nearly all comparisons of
a score with a level are certain; the few scores near a level are computed again, exactly.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluator.blas import one_thread_each
from evaluator.cosine import Vectors, float32_error, float64_error
from evaluator.passes import thread_count
from evaluator.run import Scores

Lengths: TypeAlias = NDArray[np.float64]

TILE = (512, 2048)
"""The most rows and columns that a thread multiplies at a time, 4 MB: enough for a product at full speed."""

FEWEST_ROWS = 64
"""With fewer rows a thread would spend its time on preparing the columns."""

DOUBTFUL = 16
"""Where more than one in so many scores is doubtful, as equal embeddings make them, all are computed in float64:
recomputing them one by one would cost more."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A tile: the approximate cosines, where they stand, and the vectors they are of."""

    block: Scores
    rows: slice
    columns: slice
    left: Vectors
    right: Vectors

    @property
    def operands(self) -> tuple[Scores, Scores, Lengths, Lengths]:
        """What the kernels compute exact cosines from."""
        return self.left.rows, self.right.rows, self.left.lengths, self.right.lengths

    @property
    def margin(self) -> np.float32:
        """How far a score may lie from the exact one."""
        return float32_error(self.left.width)

    @property
    def most(self) -> int:
        """How many scores of a row are worth recomputing one by one."""
        return len(self.right) // DOUBTFUL

    def settle_all(self) -> None:
        """Make every score exact, by way of a product in float64."""
        from evaluator.cosine_kernel import settle_all

        wide = self.left.unit(np.float64) @ self.right.unit(np.float64).T
        settle_all(self.block, wide, *self.operands, float64_error(self.left.width))


def over_tiles(left: Vectors, right: Vectors, settle: Callable[[Part], bool], count: Callable[[Part], None]) -> None:
    """Compute all cosines once, and count them where they are certain.

    Args:
        left: The vectors of the rows.
        right: The vectors of the columns.
        settle: Makes all scores of a part certain that `count` looks at, or returns False if these are too many.
        count: Takes a part whose scores compare with the levels as the exact ones do. Both are called from several
            threads, but for any row from one alone.
    """
    unit_left, unit_right = left.unit(np.float32), right.unit(np.float32)
    height = _height(len(left), thread_count())

    def work(first: int) -> None:
        rows = slice(first, min(first + height, len(left)))
        own = left.part(rows.start, rows.stop)
        buffer = np.empty(len(own) * min(TILE[1], len(right)), dtype=np.float32)
        for start in range(0, len(right), TILE[1]):
            columns = slice(start, min(start + TILE[1], len(right)))
            others = right.part(columns.start, columns.stop)
            block = buffer[: len(own) * len(others)].reshape(len(own), len(others))
            np.matmul(unit_left[rows], unit_right[columns].T, out=block)
            part = Part(block, rows, columns, own, others)
            if not settle(part):
                part.settle_all()
            count(part)

    with one_thread_each(), ThreadPoolExecutor(thread_count()) as pool:
        for _ in pool.map(work, range(0, len(left), height)):
            pass


def _height(n_rows: int, threads: int) -> int:
    """Cut rows so that every thread gets as many pieces."""
    pieces = threads * -(-n_rows // (threads * TILE[0]))
    return max(FEWEST_ROWS, -(-n_rows // pieces)) if pieces else FEWEST_ROWS
