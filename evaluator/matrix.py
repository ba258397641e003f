"""Rank counts of a similarity matrix: thresholds from the relevant pairs, then one pass that counts both directions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ScoreFileError
from evaluator.orientation import Oriented, orient, relevant_scores
from evaluator.passes import in_place, over_rows, readable_blocks
from evaluator.report import Counts, RankCounts
from evaluator.run import MatrixRun, Scores
from evaluator.tally import Tally
from splits.split import Direction, Indices, Judgments, Relevance

T = TypeVar("T", bound=np.generic)


class NonFiniteScoresError(ScoreFileError):
    """The pass met NaN or infinity; `finiteness.describe_nonfinite` says where."""

    def __init__(self) -> None:
        super().__init__("There are scores that are not finite.")


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """The best relevant score of every query and how many relevant candidates share it, in canonical order."""

    best: Scores
    """+inf for queries that are not asked, so that nothing is counted for them."""
    tied_relevant: Counts


def thresholds(scores: Scores, relevance: Relevance) -> Thresholds:
    """Find each query's best relevant score, from the scores of all relevant pairs."""
    asked = relevance.asked
    best = np.full(relevance.n_queries, np.inf, dtype=scores.dtype)
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
    places = {d: table.places(d)[0] for d in Direction}
    limits = {d: _limits(table, judgments.towards(d), d) for d in Direction}
    best = {d: placed(places[d], limits[d].best) for d in Direction}
    tally = Tally(table.axes[0], best, None if folds is None else {d: placed(places[d], folds[d]) for d in Direction})
    _one_pass(table.scores, tally)
    return {
        d: rank_counts(judgments.towards(d), limits[d], places[d], tally.above[d], tally.equal[d]) for d in Direction
    }


def _limits(table: Oriented, relevance: Relevance, direction: Direction) -> Thresholds:
    return thresholds(relevant_scores(table, relevance, direction), relevance)


def placed(places: Indices, values: NDArray[T]) -> NDArray[T]:
    """Bring values per query from canonical order into the order of the file."""
    in_file = np.empty_like(values)
    in_file[places] = values
    return in_file


def _one_pass(scores: Scores, tally: Tally) -> None:
    def work(first: int, last: int) -> int:
        return sum(
            tally.add(in_place(scores[low:high]), slice(low, high), slice(None))
            for low, high in readable_blocks(scores, first, last)
        )

    if any(over_rows(len(scores), work)):
        raise NonFiniteScoresError


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


def rank_counts(relevance: Relevance, limits: Thresholds, places: Indices, above: Counts, equal: Counts) -> RankCounts:
    """Bring what was counted into canonical order, and take the relevant candidates out of those that tie."""
    asked = relevance.asked
    above, equal = np.atleast_2d(above[places[asked]].T), np.atleast_2d(equal[places[asked]].T)
    tied_relevant = np.broadcast_to(limits.tied_relevant[asked], above.shape)
    return RankCounts(asked, above, equal - tied_relevant, tied_relevant)
