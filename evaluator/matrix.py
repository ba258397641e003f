"""Rank counts of a similarity matrix: thresholds from the relevant pairs, then one pass that counts both directions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ScoreFileError
from evaluator.orientation import Oriented, orient, relevant_scores
from evaluator.passes import in_place, over_rows, readable_blocks, working_dtype
from evaluator.report import Counts, RankCounts
from evaluator.run import MatrixRun, Scores
from splits.split import Direction, Indices, Judgments, Relevance

T = TypeVar("T", bound=np.generic)


class NonFiniteScoresError(ScoreFileError):
    """The pass met NaN or infinity; `finiteness.describe_nonfinite` says where."""

    def __init__(self) -> None:
        super().__init__("The matrix holds scores that are not finite.")


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """The best relevant score of every query and how many relevant candidates share it, in canonical order."""

    best: Scores
    """+inf for queries that are not asked, so that nothing is counted for them."""
    tied_relevant: Counts


def thresholds(table: Oriented, relevance: Relevance, direction: Direction) -> Thresholds:
    """Find each query's best relevant score."""
    scores = relevant_scores(table, relevance, direction)
    asked = relevance.asked
    best = np.full(relevance.n_queries, np.inf, dtype=working_dtype(table.scores))
    best[asked] = np.maximum.reduceat(scores, relevance.offsets[asked]) if len(asked) else 0
    owners = relevance.query_of_candidate
    tied = np.bincount(owners[scores == best[owners]], minlength=relevance.n_queries)
    return Thresholds(best, tied.astype(np.int32))


def count_matrix(
    run: MatrixRun, judgments: Judgments, folds: Mapping[Direction, NDArray[np.uint8]] | None = None
) -> dict[Direction, RankCounts]:
    """Count, in one pass, how many candidates stand above and level with each query's best relevant one.

    Args:
        run: The matrix.
        judgments: What is relevant.
        folds: For each direction the fold of its queries, shape (n_queries, draws), in canonical order: count only
            candidates of the query's own fold, for all draws at once. All relevant candidates of a query must be in
            its own fold in every draw.

    Raises:
        NonFiniteScoresError: A score is NaN or infinite.
    """
    table = orient(run)
    limits = {d: thresholds(table, judgments.towards(d), d) for d in Direction}
    best = {d: _placed(table, limits[d].best, d) for d in Direction}
    placed_folds = None if folds is None else {d: _placed(table, folds[d], d) for d in Direction}
    counted = _one_pass(table, best, placed_folds)
    return {d: _rank_counts(judgments.towards(d), limits[d], table.places(d)[0], *counted[d]) for d in Direction}


def _placed(table: Oriented, values: NDArray[T], direction: Direction) -> NDArray[T]:
    """Bring values per query from canonical order into the order of the file."""
    placed = np.empty_like(values)
    placed[table.places(direction)[0]] = values
    return placed


def _one_pass(
    table: Oriented, best: Mapping[Direction, Scores], folds: Mapping[Direction, NDArray[np.uint8]] | None
) -> dict[Direction, tuple[Counts, Counts]]:
    """Return, per direction and in the order of the file, how many scores are above and equal to the best."""
    from evaluator.kernel import count_block, count_block_in_folds

    rows, columns = table.axes
    shapes = {d: best[d].shape if folds is None else folds[d].shape for d in Direction}
    row_above, row_equal = np.zeros(shapes[rows], np.int32), np.zeros(shapes[rows], np.int32)

    def work(first: int, last: int) -> tuple[Counts, Counts, int]:
        above, equal = np.zeros(shapes[columns], np.int32), np.zeros(shapes[columns], np.int32)
        bad = 0
        for low, high in readable_blocks(table.scores, first, last):
            block, own = in_place(table.scores[low:high]), slice(low, high)
            levels = (best[rows][own], best[columns])
            counts = (row_above[own], row_equal[own], above, equal)
            if folds is None:
                bad += count_block(block, *levels, *counts)
            else:
                bad += count_block_in_folds(block, *levels, folds[rows][own], folds[columns], *counts)
        return above, equal, bad

    parts = over_rows(len(table.scores), work)
    if any(part[2] for part in parts):
        raise NonFiniteScoresError
    column_above, column_equal = parts[0][:2]
    for above, equal, _ in parts[1:]:
        column_above += above
        column_equal += equal
    return {rows: (row_above, row_equal), columns: (column_above, column_equal)}


def check_finite(run: MatrixRun) -> None:
    """Read the whole matrix once, for protocols that rank only parts of it.

    Raises:
        NonFiniteScoresError: A score is NaN or infinite.
    """
    from evaluator.kernel import count_nonfinite

    scores = orient(run).scores

    def work(first: int, last: int) -> int:
        return sum(count_nonfinite(in_place(scores[low:high])) for low, high in readable_blocks(scores, first, last))

    if any(over_rows(len(scores), work)):
        raise NonFiniteScoresError


def _rank_counts(relevance: Relevance, limits: Thresholds, places: Indices, above: Counts, equal: Counts) -> RankCounts:
    asked = relevance.asked
    above, equal = np.atleast_2d(above[places[asked]].T), np.atleast_2d(equal[places[asked]].T)
    tied_relevant = np.broadcast_to(limits.tied_relevant[asked], above.shape)
    return RankCounts(asked, above, equal - tied_relevant, tied_relevant)
