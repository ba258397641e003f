"""Shared ranks against a plain double loop, and the rules that they state."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluator.audit.holm import holm
from evaluator.audit.paired import paired_test
from evaluator.by_image import ByImage
from leaderboard.paired_ranks import Effects
from leaderboard.shared_ranks import Contenders, better_beyond_noise, shared_ranks

N_IMAGES = 400


def contenders(means, errors, variances=None, seeds=None, effects=None):
    n = len(means)
    return Contenders(
        np.array(means, dtype=float),
        np.array(errors, dtype=float),
        np.full(n, np.nan) if variances is None else np.array(variances, dtype=float),
        np.ones(n) if seeds is None else np.array(seeds, dtype=float),
        Effects.unknown(n) if effects is None else effects,
    )


def effects_of(rng, errors, *, alike=0.0, known=None):
    """Effects of systems with these standard errors, of which a share is the same for all."""
    errors = np.nan_to_num(np.array(errors, dtype=float))
    shared = rng.normal(size=N_IMAGES)
    rows = np.sqrt(alike) * shared + np.sqrt(1 - alike) * rng.normal(size=(len(errors), N_IMAGES))
    rows -= rows.mean(axis=1, keepdims=True)
    rows *= (errors / np.sqrt(np.sum(rows**2, axis=1)))[:, None] * np.sqrt(1 - 1 / N_IMAGES)
    known = np.ones(len(errors), dtype=bool) if known is None else known
    return Effects(known, rows[known], N_IMAGES)


def plain_pvalue(systems, y, x):
    """The p-value of the queries of one pair, paired where both have effects."""
    known = systems.effects.of_system
    if known[y] and known[x]:
        rows = np.cumsum(known) - 1
        sides = [ByImage(systems.mean[k], systems.effects.values[rows[k]], N_IMAGES) for k in (y, x)]
        return paired_test(*sides).pvalue
    gap = systems.mean[y] - systems.mean[x]
    noise = np.hypot(systems.query_error[y], systems.query_error[x])
    return float(gap == 0) if noise == 0 else 2 * stats.norm.sf(abs(gap) / noise)


def beyond_seeds(systems, y, x):
    gap = systems.mean[y] - systems.mean[x]
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
    everybody = np.flatnonzero(ranked).tolist()
    pairs = [(y, x) for number, y in enumerate(everybody) for x in everybody[number + 1 :]]
    adjusted = holm([plain_pvalue(systems, *pair) for pair in pairs])
    better = set()
    for (y, x), pvalue in zip(pairs, adjusted, strict=True):
        ahead, behind = (y, x) if systems.mean[y] > systems.mean[x] else (x, y)
        if pvalue < 0.05 and beyond_seeds(systems, ahead, behind):
            better.add((ahead, behind))
    alone = {x: 1 + sum((y, x) in better for y in everybody) for x in everybody}
    # Nobody stands above a system with a higher mean.
    return [
        max(alone[y] for y in everybody if systems.mean[y] >= systems.mean[x]) if ranked[x] else 0
        for x in range(len(ranked))
    ]


def random_systems(rng, n):
    seeds = rng.integers(1, 6, n)
    variances = np.where(seeds > 1, rng.choice([0.0, 0.0004, 0.01, np.nan], n), np.nan)
    means = np.where(rng.random(n) < 0.1, np.nan, rng.choice([*rng.normal(3, 0.3, n), 3.0], n))
    errors = rng.choice([0.0, 0.02, 0.1, np.nan], n, p=[0.2, 0.4, 0.35, 0.05])
    effects = effects_of(rng, errors, alike=0.8, known=rng.random(n) < rng.choice([0.0, 0.7, 1.0]))
    return contenders(means, errors, variances, seeds, effects)


@pytest.mark.filterwarnings("ignore:Precision loss")
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 25))
@settings(max_examples=60, deadline=None)
def test_ranks_agree_with_a_double_loop(seed, n):
    systems = random_systems(np.random.default_rng(seed), n)
    assert shared_ranks(systems).tolist() == plain_ranks(systems)


def test_ranks_of_many_systems_agree_with_a_double_loop():
    systems = random_systems(np.random.default_rng(5), 90)
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
    assert shared_ranks(contenders([4.0, 3.91, 3.82], [0.05, 0.05, 0.05])).tolist() == [1, 1, 2]


def test_a_wide_interval_does_not_buy_a_better_rank_than_a_higher_mean():
    assert shared_ranks(contenders([4.0, 3.5, 3.4], [0.01, 0.01, 0.5])).tolist() == [1, 2, 2]


def test_systems_without_a_value_or_an_interval_stay_unranked():
    assert shared_ranks(contenders([4.0, np.nan, 3.0], [0.01, 0.01, np.nan])).tolist() == [1, 0, 0]


def test_equal_means_are_never_better_than_each_other():
    systems = contenders([4.0, 4.0], [0.0, 0.0])
    assert not better_beyond_noise(systems, np.arange(2)).any()


def test_no_systems_have_no_ranks():
    assert shared_ranks(contenders([], [])).tolist() == []


def test_a_gap_that_intervals_miss_is_seen_where_systems_find_the_same_queries_hard():
    means, errors = [4.0, 3.95], [0.05, 0.05]
    alike = effects_of(np.random.default_rng(1), errors, alike=0.95)
    assert shared_ranks(contenders(means, errors)).tolist() == [1, 1]
    assert shared_ranks(contenders(means, errors, effects=alike)).tolist() == [1, 2]


def test_pairing_buys_nothing_where_systems_find_different_queries_hard():
    means, errors = [4.0, 3.9], [0.05, 0.05]
    assert shared_ranks(contenders(means, errors, effects=effects_of(np.random.default_rng(2), errors))).tolist() == [
        1,
        1,
    ]


def test_the_more_pairs_a_board_has_the_larger_a_gap_must_be():
    errors = [0.05, 0.05]
    close = [3.0 - 0.001 * number for number in range(20)]
    assert shared_ranks(contenders([4.0, 3.83], errors)).tolist() == [1, 2]
    assert shared_ranks(contenders([4.0, 3.83, *close], [*errors, *[0.05] * 20])).tolist()[:2] == [1, 1]


def test_pairs_that_are_plainly_apart_cost_the_others_nothing():
    apart = [3.0 - 0.6 * number for number in range(4)]
    assert shared_ranks(contenders([4.0, 3.83, *apart], [0.05] * 6)).tolist() == [1, 2, 3, 4, 5, 6]


def test_equally_good_systems_share_the_first_rank_on_nineteen_boards_of_twenty():
    rng = np.random.default_rng(4)
    alone = 0
    for _ in range(400):
        effects = effects_of(rng, np.full(6, 0.05), alike=0.5)
        # What images do to a value scatters the value itself: equally good systems differ by that alone.
        means = 4 + rng.normal(0, 0.05 * np.sqrt(0.5), 6)
        alone += shared_ranks(contenders(means, np.full(6, 0.05), effects=effects)).max() > 1
    assert alone / 400 < 0.08


def test_a_system_without_effects_is_compared_unpaired_with_all():
    means, errors = [4.0, 3.95, 3.90], [0.05, 0.05, 0.05]
    effects = effects_of(np.random.default_rng(1), errors, alike=0.95, known=np.array([True, True, False]))
    assert shared_ranks(contenders(means, errors, effects=effects)).tolist() == [1, 2, 2]


def test_the_order_of_the_rows_changes_nothing():
    rng = np.random.default_rng(3)
    systems = random_systems(rng, 40)
    order = rng.permutation(40)
    known = systems.effects.of_system
    rows = np.cumsum(known) - 1
    effects = Effects(known[order], systems.effects.values[rows[order][known[order]]], N_IMAGES)
    shuffled = contenders(
        *(a[order] for a in (systems.mean, systems.query_error, systems.seed_variance, systems.seeds)), effects
    )
    assert shared_ranks(shuffled).tolist() == shared_ranks(systems)[order].tolist()
