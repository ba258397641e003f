"""Shared ranks against a plain double loop, and the rules that they state."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from leaderboard.shared_ranks import Z95, Contenders, better_beyond_noise, shared_ranks


def contenders(means, errors, variances=None, seeds=None):
    n = len(means)
    return Contenders(
        np.array(means, dtype=float),
        np.array(errors, dtype=float),
        np.full(n, np.nan) if variances is None else np.array(variances, dtype=float),
        np.ones(n) if seeds is None else np.array(seeds, dtype=float),
    )


def plainly_better(systems, y, x):
    gap = systems.mean[y] - systems.mean[x]
    if not gap > 0 or not gap > Z95 * np.sqrt(systems.query_error[y] ** 2 + systems.query_error[x] ** 2):
        return False
    known = [side for side in (y, x) if not np.isnan(systems.seed_variance[side])]
    if all(systems.seed_variance[side] == 0 for side in known):
        return True
    if len(known) == 1:
        (side,) = known
        error = np.sqrt(systems.seed_variance[side] / systems.seeds[side])
        return 2 * stats.t.sf(gap / error, systems.seeds[side] - 1) < 0.05
    test = stats.ttest_ind_from_stats(
        systems.mean[y],
        np.sqrt(systems.seed_variance[y]),
        systems.seeds[y],
        systems.mean[x],
        np.sqrt(systems.seed_variance[x]),
        systems.seeds[x],
        equal_var=False,
    )
    return test.pvalue < 0.05


def plain_ranks(systems):
    ranked = np.isfinite(systems.mean) & np.isfinite(systems.query_error)
    everybody = np.flatnonzero(ranked)
    alone = {x: 1 + sum(plainly_better(systems, y, x) for y in everybody) for x in everybody}
    # Nobody stands above a system with a higher mean.
    return [
        max(alone[y] for y in everybody if systems.mean[y] >= systems.mean[x]) if ranked[x] else 0
        for x in range(len(ranked))
    ]


def random_systems(rng, n):
    seeds = rng.integers(1, 6, n)
    variances = np.where(seeds > 1, rng.choice([0.0, 0.0004, 0.01, np.nan], n), np.nan)
    means = np.where(rng.random(n) < 0.1, np.nan, rng.choice([*rng.normal(3, 0.3, n), 3.0], n))
    return contenders(means, rng.choice([0.0, 0.02, 0.1, np.nan], n, p=[0.2, 0.4, 0.35, 0.05]), variances, seeds)


@pytest.mark.filterwarnings("ignore:Precision loss")
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 25))
@settings(max_examples=60, deadline=None)
def test_ranks_agree_with_a_double_loop(seed, n):
    systems = random_systems(np.random.default_rng(seed), n)
    assert shared_ranks(systems).tolist() == plain_ranks(systems)


def test_ranks_agree_with_a_double_loop_across_blocks():
    systems = random_systems(np.random.default_rng(5), 300)
    assert shared_ranks(systems).tolist() == plain_ranks(systems)


def test_a_gap_within_query_noise_shares_the_rank():
    assert shared_ranks(contenders([4.00, 3.95, 3.00], [0.05, 0.05, 0.05])).tolist() == [1, 1, 3]


def test_a_gap_beyond_query_noise_but_within_seed_noise_shares_the_rank():
    certain = contenders([4.0, 3.5], [0.01, 0.01])
    shaky = contenders([4.0, 3.5], [0.01, 0.01], [0.25, 0.25], [3, 3])
    assert shared_ranks(certain).tolist() == [1, 2]
    assert shared_ranks(shaky).tolist() == [1, 1]


def test_steady_seeds_cannot_make_up_for_query_noise():
    assert shared_ranks(contenders([4.0, 3.9], [0.2, 0.2], [1e-8, 1e-8], [10, 10])).tolist() == [1, 1]


def test_the_seed_noise_of_one_side_counts_where_the_other_has_one_run():
    assert shared_ranks(contenders([4.0, 3.5], [0.01, 0.01], [np.nan, 0.25], [1, 3])).tolist() == [1, 1]
    assert shared_ranks(contenders([4.0, 3.5], [0.01, 0.01], [0.0001, np.nan], [3, 1])).tolist() == [1, 2]


def test_wild_seeds_do_not_buy_a_better_rank_than_a_higher_mean():
    rows = contenders([90.0, 89.5, 77.5], [0.1, 0.1, 0.1], [np.nan, np.nan, 612.5], [1, 1, 2])
    assert shared_ranks(rows).tolist() == [1, 2, 2]


@given(seed=st.integers(0, 2**32 - 1))
def test_a_lower_mean_never_has_a_better_rank_and_equal_means_share_it(seed):
    systems = random_systems(np.random.default_rng(seed), 20)
    ranks = shared_ranks(systems)
    ranked = np.flatnonzero(ranks)
    for one in ranked:
        for other in ranked:
            if systems.mean[one] >= systems.mean[other]:
                assert ranks[one] <= ranks[other]


def test_being_tied_is_not_transitive_and_the_ranks_say_so():
    # The first is beyond noise of the third only; the second is tied with both.
    assert shared_ranks(contenders([4.0, 3.9, 3.8], [0.05, 0.05, 0.05])).tolist() == [1, 1, 2]


def test_a_wide_interval_does_not_buy_a_better_rank_than_a_higher_mean():
    assert shared_ranks(contenders([4.0, 3.5, 3.4], [0.01, 0.01, 0.5])).tolist() == [1, 2, 2]


def test_systems_without_a_value_or_an_interval_stay_unranked():
    assert shared_ranks(contenders([4.0, np.nan, 3.0], [0.01, 0.01, np.nan])).tolist() == [1, 0, 0]


def test_equal_means_are_never_better_than_each_other():
    systems = contenders([4.0, 4.0], [0.0, 0.0])
    both = np.arange(2)
    assert not better_beyond_noise(systems, both, both).any()


def test_no_systems_have_no_ranks():
    assert shared_ranks(contenders([], [])).tolist() == []


def test_the_order_of_the_rows_changes_nothing():
    rng = np.random.default_rng(3)
    systems = random_systems(rng, 40)
    order = rng.permutation(40)
    shuffled = contenders(
        *(a[order] for a in (systems.mean, systems.query_error, systems.seed_variance, systems.seeds))
    )
    assert shared_ranks(shuffled).tolist() == shared_ranks(systems)[order].tolist()
