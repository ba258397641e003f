"""Tie groups that hold relevant candidates: what AP, mAP@R and R-Precision need beyond the best relevant rank."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ProtocolError
from evaluator.lists import owners_of, relevant_entries
from evaluator.orientation import Oriented, orient, relevant_scores
from evaluator.passes import in_place, native, over_rows, readable_blocks
from evaluator.report import Counts, RankCounts
from evaluator.run import EmbeddingRun, ListRun, MatrixRun, RankedLists, Run, Scores
from splits.split import Direction, Indices, Relevance

GATHER = 256
"""How many columns are copied side by side where the queries are the columns of a matrix."""


@dataclass(frozen=True, slots=True, eq=False)
class RelevantGroups:
    """For every asked query, the groups of equally scored candidates that hold relevant ones, best first.

    Query k of `queries` owns the groups `offsets[k]:offsets[k + 1]`.
    """

    queries: Indices
    offsets: Indices
    above: NDArray[np.int64]
    """All candidates that score higher than the group."""
    size: NDArray[np.int64]
    """All candidates in the group."""
    relevant: NDArray[np.int64]
    """The relevant ones among them."""
    n_relevant: NDArray[np.int64]
    """Per query: the relevant candidates in all, those outside the gallery included."""

    @property
    def best(self) -> RankCounts:
        """What `count_ranks` counts: the first group of every query."""
        first = self.offsets[:-1]
        rows = (self.above[first], self.size[first] - self.relevant[first], self.relevant[first])
        return RankCounts(self.queries, *(row.astype(np.int32)[None] for row in rows))


def relevant_groups(run: Run, relevance: Relevance, direction: Direction) -> RelevantGroups:
    """Find the tie groups of every relevant candidate.

    Args:
        run: A matrix whose scores are known to be finite, as after `count_ranks`, embeddings, or ranked lists.
        relevance: What is relevant in this direction.
        direction: Which side asks.

    Raises:
        ProtocolError: The run carries only the rank of the best relevant candidate.
    """
    if isinstance(run, MatrixRun):
        return _of_matrix(orient(run), relevance, direction)
    if isinstance(run, EmbeddingRun):
        from evaluator.cosine_groups import groups_of_embeddings

        return groups_of_embeddings(run, relevance, direction)
    if isinstance(run, ListRun):
        return _of_lists(run.lists[direction], relevance)
    raise ProtocolError(
        "This protocol needs the rank of every relevant candidate, but the file holds only the best one's per query."
        " Hand in the scores: a similarity matrix, embeddings or ranked lists."
    )


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The distinct relevant scores of every query, descending, and how many relevant candidates share each."""

    offsets: Indices
    scores: Scores
    relevant: NDArray[np.int64]

    @classmethod
    def of(cls, relevance: Relevance, scores: Scores) -> "Levels":
        """Group the scores of all relevant pairs by the queries that are asked."""
        asked = relevance.asked
        return cls.of_owners(np.searchsorted(asked, relevance.query_of_candidate), scores, len(asked))

    @classmethod
    def of_owners(cls, owners: Indices, scores: Scores, n_queries: int) -> "Levels":
        """Group relevant scores, given with the query each belongs to."""
        order = np.lexsort((-scores, owners))
        owners, scores = owners[order], scores[order]
        fresh = np.ones(len(scores), dtype=bool)
        fresh[1:] = (owners[1:] != owners[:-1]) | (scores[1:] != scores[:-1])
        starts = np.flatnonzero(fresh)
        offsets = np.concatenate(([0], np.cumsum(np.bincount(owners[starts], minlength=n_queries))))
        return cls(offsets, scores[starts], np.diff(np.append(starts, len(scores))))

    def counters(self) -> tuple[Counts, Counts]:
        """Return zeros for the candidates just above each level and at it."""
        return np.zeros(len(self.scores), np.int32), np.zeros(len(self.scores), np.int32)


def groups_at(levels: Levels, relevance: Relevance, above: Counts, equal: Counts) -> RelevantGroups:
    """Build the groups from how many candidates stand just above and at each level."""
    seen = np.concatenate(([0], np.cumsum(above.astype(np.int64) + equal)))
    before_query = np.repeat(seen[levels.offsets[:-1]], np.diff(levels.offsets))
    asked = relevance.asked
    return RelevantGroups(
        asked,
        levels.offsets,
        seen[1:] - equal - before_query,
        equal.astype(np.int64),
        levels.relevant,
        relevance.n_relevant[asked],
    )


def _of_matrix(table: Oriented, relevance: Relevance, direction: Direction) -> RelevantGroups:
    from evaluator.kernel import count_groups

    levels = Levels.of(relevance, relevant_scores(table, relevance, direction))
    above, equal = levels.counters()
    places = table.places(direction)[0][relevance.asked]
    blocks = _row_blocks if table.queries_on_rows(direction) else _column_blocks

    def work(first: int, last: int) -> None:
        for low, high, block in blocks(table.scores, places, first, last):
            count_groups(block, levels.offsets[low : high + 1], levels.scores, above, equal)

    over_rows(len(places), work)
    return groups_at(levels, relevance, above, equal)


def _row_blocks(scores: Scores, places: Indices, first: int, last: int) -> Iterator[tuple[int, int, Scores]]:
    """Yield the scores of some queries that are rows: in place if they lie together, else copied a few at a time."""
    if np.all(np.diff(places) == 1):
        for low, high in readable_blocks(scores, first, last):
            yield low, high, in_place(scores[places[low] : places[low] + high - low])
        return
    for low, high in _steps(first, last):
        yield low, high, in_place(scores[places[low:high]])


def _column_blocks(scores: Scores, places: Indices, first: int, last: int) -> Iterator[tuple[int, int, Scores]]:
    """Yield the scores of some queries that are columns, copied into rows a few at a time."""
    for low, high in _steps(first, last):
        yield low, high, native(scores[:, places[low:high]].T)


def _steps(first: int, last: int) -> list[tuple[int, int]]:
    return [(low, min(low + GATHER, last)) for low in range(first, last, GATHER)]


def _of_lists(lists: RankedLists, relevance: Relevance) -> RelevantGroups:
    asked, n = relevance.asked, relevance.n_queries
    owners = owners_of(lists)
    flags = relevant_entries(lists, relevance, owners)
    levels = Levels.of_owners(owners[flags], lists.scores[flags], n)
    level_owners = np.repeat(np.arange(n), np.diff(levels.offsets))
    above, size = _listed_above_and_level(lists, owners, level_owners, levels.scores)
    lengths = np.diff(lists.offsets)
    unlisted = np.diff(relevance.offsets) - np.bincount(owners[flags], minlength=n)
    # The candidates left out are one more group, below everything that is listed.
    rest = np.flatnonzero(unlisted)
    all_owners = np.concatenate((level_owners, rest))
    order = np.argsort(all_owners, kind="stable")
    counts = np.bincount(np.searchsorted(asked, all_owners), minlength=len(asked))
    return RelevantGroups(
        asked,
        np.concatenate(([0], np.cumsum(counts))),
        np.concatenate((above, lengths[rest]))[order],
        np.concatenate((size, lists.n_candidates - lengths[rest]))[order],
        np.concatenate((levels.relevant, unlisted[rest]))[order],
        relevance.n_relevant[asked],
    )


def _listed_above_and_level(
    lists: RankedLists, owners: Indices, level_owners: Indices, levels: Scores
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find each level among its query's descending scores: how many precede it, how many share it."""
    # Scores become dense ranks, so that (query, score) pairs order as one integer key.
    dense = np.unique(lists.scores)
    width = len(dense) + 1
    keys = owners * width + (len(dense) - np.searchsorted(dense, lists.scores))
    wanted = level_owners * width + (len(dense) - np.searchsorted(dense, levels))
    first = np.searchsorted(keys, wanted, side="left")
    return first - lists.offsets[level_owners], np.searchsorted(keys, wanted, side="right") - first
