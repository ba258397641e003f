"""Who is ahead on how many queries: by hand, and against a loop that looks at one query at a time."""

import numpy as np
import pytest

from evaluator.report import RankCounts
from leaderboard.query_answers import BANDS, Faced, answers_of, band_shares, faced, furthest_apart, shares_within


def run_of(above, *, tied=None, tied_relevant=None, queries=None):
    """A run with the given numbers of candidates above the best relevant one."""
    above = np.asarray(above, np.int32)
    zeros, ones = np.zeros_like(above), np.ones_like(above)
    counts = RankCounts(
        np.arange(len(above)) if queries is None else np.asarray(queries),
        above[None],
        np.asarray(zeros if tied is None else tied, np.int32)[None],
        np.asarray(ones if tied_relevant is None else tied_relevant, np.int32)[None],
    )
    return counts.queries, counts


def test_wins_ties_and_losses_by_hand():
    # Ranks 1, 2, 5, 1 against 1, 3, 4, 7.
    answers = answers_of([[run_of([0, 1, 4, 0])], [run_of([0, 2, 3, 6])]])
    found = faced(answers, 0, 1)
    assert found == Faced(wins=2, ties=1, losses=1, both=1, only_first=1, only_second=0, neither=2)
    assert found.disagreement == 0.25
    assert faced(answers, 1, 0) == Faced(wins=1, ties=1, losses=2, both=1, only_first=0, only_second=1, neither=2)


def test_a_tie_for_the_first_place_is_a_rank_of_one_and_a_half_and_no_answer():
    answers = answers_of([[run_of([0], tied=[1])], [run_of([0])]])
    assert answers.ranks.tolist() == [[1.5], [1.0]]
    assert answers.answered.tolist() == [[False], [True]]


def test_a_query_is_answered_in_more_than_half_of_the_runs():
    runs = [run_of([0, 0]), run_of([0, 3]), run_of([9, 3])]
    answers = answers_of([runs, runs[:2]])
    assert answers.answered.tolist() == [[True, False], [True, False]]
    assert answers.ranks.tolist() == [[4.0, 3.0], [1.0, 2.5]]


def test_counts_are_those_of_a_loop_over_queries_runs_and_orders_of_ties():
    rng = np.random.default_rng(3)
    systems = [
        [
            run_of(rng.integers(0, 4, 60), tied=rng.integers(0, 3, 60), tied_relevant=rng.integers(1, 3, 60))
            for _ in "ab"
        ]
        for _ in range(3)
    ]
    answers = answers_of(systems)
    for one, other in ((0, 1), (0, 2), (2, 1)):
        wins = ties = losses = only = 0
        for query in range(60):
            ranks, hits = zip(*(looked_at(systems[side], query) for side in (one, other)), strict=True)
            wins, ties, losses = (
                wins + (ranks[0] < ranks[1]),
                ties + (ranks[0] == ranks[1]),
                losses + (ranks[0] > ranks[1]),
            )
            only += (hits[0] > 0.5) != (hits[1] > 0.5)
        found = faced(answers, one, other)
        assert (found.wins, found.ties, found.losses) == (wins, ties, losses)
        assert found.disagreement == only / 60


def looked_at(runs, query):
    """Mean first rank of a relevant candidate, and mean hit at 1, over runs and over all orders of what ties."""
    from fractions import Fraction
    from itertools import permutations

    ranks, hits = [], []
    for _, counts in runs:
        level = [True] * counts.tied_relevant[0, query] + [False] * counts.tied[0, query]
        firsts = [int(counts.above[0, query]) + 1 + order.index(True) for order in permutations(level)]
        ranks.append(Fraction(sum(firsts), len(firsts)))
        hits.append(Fraction(sum(first == 1 for first in firsts), len(firsts)))
    return sum(ranks) / len(ranks), sum(hits) / len(hits)


def test_only_queries_that_all_were_asked_are_compared():
    answers = answers_of([[run_of([0, 1, 2], queries=[1, 4, 7])], [run_of([5, 6, 7], queries=[9, 7, 1])]])
    assert answers.queries.tolist() == [1, 7]
    assert answers.ranks.tolist() == [[1, 3], [8, 7]]


def test_bands_are_counted_over_all_runs_and_add_up():
    # Ranks 1, 1, 2, 6 and 1, 11, 101, 500 of one system.
    answers = answers_of([[run_of([0, 0, 1, 5]), run_of([0, 10, 100, 499])], [run_of([4, 9, 49, 99])]])
    assert len(BANDS) == 6
    assert band_shares(answers).tolist() == [
        pytest.approx([3 / 8, 1 / 8, 1 / 8, 1 / 8, 0, 2 / 8]),
        pytest.approx([0, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 0]),
    ]
    assert shares_within(answers, np.array([1, 10])).tolist() == [[3 / 8, 5 / 8], [0, 2 / 4]]


def test_queries_are_furthest_apart_by_the_factor_between_ranks():
    # Factors 1, 50, 2, 4.
    answers = answers_of([[run_of([0, 0, 99, 7])], [run_of([0, 49, 199, 1])]])
    assert furthest_apart(answers, 2).tolist() == [1, 3]
    assert furthest_apart(answers, 10).tolist() == [1, 3, 2]
