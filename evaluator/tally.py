"""Counts per query that several threads add to, block by block of scores."""

from collections.abc import Mapping
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from evaluator.report import Counts
from evaluator.run import Scores
from splits.split import Direction


class Tally:
    """How many scores are above and equal to the best relevant one of every query, in the order of a table.

    Args:
        rows: The direction whose queries are the rows.
        best: For each direction the best relevant score of every query, in the order of the table.
        folds: For each direction the fold of its queries, shape (n_queries, draws): count only candidates of the
            query's own fold, for all draws at once.
    """

    def __init__(
        self,
        rows: Direction,
        best: Mapping[Direction, Scores],
        folds: Mapping[Direction, NDArray[np.uint8]] | None = None,
    ) -> None:
        self.rows = rows
        self.columns = Direction.T2I if rows is Direction.I2T else Direction.I2T
        self.best = best
        self.folds = folds
        shapes = {d: best[d].shape if folds is None else folds[d].shape for d in Direction}
        self.above: dict[Direction, Counts] = {d: np.zeros(shapes[d], np.int32) for d in Direction}
        self.equal: dict[Direction, Counts] = {d: np.zeros(shapes[d], np.int32) for d in Direction}
        self._lock = Lock()

    def add(self, block: Scores, rows: slice, columns: slice) -> int:
        """Add a block that stands in some rows and columns; no two threads may add to the same rows at a time.

        Returns:
            0 if all scores of the block are finite.
        """
        from evaluator.kernel import count_block, count_block_in_folds

        above, equal = (np.zeros_like(self.above[self.columns][columns]) for _ in range(2))
        levels = (self.best[self.rows][rows], self.best[self.columns][columns])
        counts = (self.above[self.rows][rows], self.equal[self.rows][rows], above, equal)
        if self.folds is None:
            bad = count_block(block, *levels, *counts)
        else:
            bad = count_block_in_folds(
                block, *levels, self.folds[self.rows][rows], self.folds[self.columns][columns], *counts
            )
        with self._lock:
            self.above[self.columns][columns] += above
            self.equal[self.columns][columns] += equal
        return int(bad)
