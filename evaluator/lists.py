"""Rank counts of ranked lists: what is listed stands in order, what is left out shares the last place."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evaluator.report import RankCounts
from evaluator.run import ListRun, RankedLists
from splits.split import Direction, Indices, Judgments, Relevance


def count_lists(run: ListRun, judgments: Judgments) -> dict[Direction, RankCounts]:
    """Count, for every query, the candidates above and level with its best relevant one."""
    return {d: count_one_direction(lists, judgments.towards(d)) for d, lists in run.lists.items()}


def count_one_direction(lists: RankedLists, relevance: Relevance) -> RankCounts:
    """Count as `count_lists`, for one direction."""
    owners = owners_of(lists)
    relevant = relevant_entries(lists, relevance, owners)
    best = _best_listed(lists, relevance, owners, relevant)
    n = relevance.n_queries
    above = np.bincount(owners[lists.scores > best[owners]], minlength=n)
    equal = np.bincount(owners[lists.scores == best[owners]], minlength=n)
    tied_relevant = np.bincount(owners[relevant & (lists.scores == best[owners])], minlength=n)
    # Without a listed relevant candidate the best one is among those left out, level with all of them.
    absent = np.isneginf(best)
    equal = np.where(absent, lists.n_candidates - np.diff(lists.offsets), equal)
    tied_relevant = np.where(absent, np.diff(relevance.offsets), tied_relevant)
    asked = relevance.asked
    rows = (counts[asked].astype(np.int32)[None] for counts in (above, equal - tied_relevant, tied_relevant))
    return RankCounts(asked, *rows)


def count_lists_in_folds(
    run: ListRun, judgments: Judgments, folds: Mapping[Direction, NDArray[np.uint8]]
) -> dict[Direction, RankCounts]:
    """Count as `count_lists`, for many random fold draws: candidates of other folds are passed over.

    Args:
        run: Ranked lists.
        judgments: All relevant candidates of a query must be in its own fold in every draw.
        folds: For each direction the fold of its queries, shape (n_queries, draws).
    """
    found = {}
    for direction, lists in run.lists.items():
        other = Direction.T2I if direction is Direction.I2T else Direction.I2T
        found[direction] = _count_in_folds(lists, judgments.towards(direction), folds[direction], folds[other])
    return found


def _count_in_folds(
    lists: RankedLists, relevance: Relevance, query_folds: NDArray[np.uint8], candidate_folds: NDArray[np.uint8]
) -> RankCounts:
    owners = owners_of(lists)
    relevant = relevant_entries(lists, relevance, owners)
    best = _best_listed(lists, relevance, owners, relevant)
    asked, absent = relevance.asked, np.isneginf(best)
    near = np.flatnonzero(lists.scores >= best[owners])
    near_owners, near_candidates = owners[near], lists.candidates[near]
    higher, near_relevant = lists.scores[near] > best[near_owners], relevant[near]
    above, tied, tied_relevant = (np.empty((query_folds.shape[1], len(asked)), np.int32) for _ in range(3))
    for draw in range(query_folds.shape[1]):
        here = query_folds[near_owners, draw] == candidate_folds[near_candidates, draw]
        sizes = np.bincount(candidate_folds[:, draw])[query_folds[:, draw]]
        ahead = np.bincount(near_owners[here & higher], minlength=relevance.n_queries)
        level = np.bincount(near_owners[here & ~higher], minlength=relevance.n_queries)
        level_relevant = np.bincount(near_owners[here & ~higher & near_relevant], minlength=relevance.n_queries)
        level = np.where(absent, sizes - ahead, level)
        level_relevant = np.where(absent, np.diff(relevance.offsets), level_relevant)
        above[draw], tied_relevant[draw] = ahead[asked], level_relevant[asked]
        tied[draw] = (level - level_relevant)[asked]
    return RankCounts(asked, above, tied, tied_relevant)


def restrict_lists(lists: RankedLists, queries: Indices, candidates: Indices) -> RankedLists:
    """Keep some queries and some candidates, renumbered in the order given."""
    place = np.full(lists.n_candidates, -1, dtype=np.int64)
    place[candidates] = np.arange(len(candidates))
    row = np.full(len(lists.offsets) - 1, -1, dtype=np.int64)
    row[queries] = np.arange(len(queries))
    owners, found = row[owners_of(lists)], place[lists.candidates]
    kept = np.flatnonzero((owners >= 0) & (found >= 0))
    kept = kept[np.argsort(owners[kept], kind="stable")]
    offsets = np.concatenate(([0], np.cumsum(np.bincount(owners[kept], minlength=len(queries)))))
    return RankedLists(offsets, found[kept], lists.scores[kept], len(candidates))


def owners_of(lists: RankedLists) -> Indices:
    """Return the query of every entry."""
    return np.repeat(np.arange(len(lists.offsets) - 1), np.diff(lists.offsets))


def relevant_entries(lists: RankedLists, relevance: Relevance, owners: Indices) -> NDArray[np.bool_]:
    """Say of every entry whether its candidate is relevant to its query."""
    judged = relevance.query_of_candidate * lists.n_candidates + relevance.candidates
    return np.isin(owners * lists.n_candidates + lists.candidates, judged)


def _best_listed(
    lists: RankedLists, relevance: Relevance, owners: Indices, relevant: NDArray[np.bool_]
) -> NDArray[np.float64]:
    best = np.full(relevance.n_queries, -np.inf)
    np.maximum.at(best, owners[relevant], lists.scores[relevant])
    return best
