"""Spread over seeds and the least gap that so many seeds can tell apart: tables of power, simulation, Rao's seeds."""

import csv
from collections import defaultdict

import numpy as np
import pytest
from scipy import stats

from evaluator.audit.stability import (
    SeedSpread,
    least_detectable_gap,
    least_significant_gap,
    neighbours,
    spreads_of,
)


@pytest.mark.parametrize(("n_seeds", "gap"), [(64, 0.5), (26, 0.8), (394, 0.2)])
def test_the_detectable_gap_is_that_of_cohens_tables(n_seeds, gap):
    assert least_detectable_gap(1.0, n_seeds) == pytest.approx(gap, abs=0.01)


@pytest.mark.parametrize("n_seeds", [2, 3, 10])
def test_the_detectable_gap_is_found_in_four_of_five_simulated_studies(n_seeds):
    rng = np.random.default_rng(n_seeds)
    gap = least_detectable_gap(2.0, n_seeds)
    first, second = rng.normal(gap, 2.0, (20_000, n_seeds)), rng.normal(0, 2.0, (20_000, n_seeds))
    assert np.mean(stats.ttest_ind(first, second, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.015)


def test_the_significant_gap_is_where_the_t_test_turns():
    runs = np.array([-1.0, 0.0, 1.0])
    gap = least_significant_gap(1.0, 3)
    assert stats.ttest_ind(runs + gap * 1.001, runs).pvalue < 0.05 < stats.ttest_ind(runs + gap * 0.999, runs).pvalue


def test_no_scatter_needs_no_gap():
    assert (least_significant_gap(0.0, 3), least_detectable_gap(0.0, 3)) == (0, 0)


def test_one_seed_tells_nothing_apart():
    with pytest.raises(ValueError, match="One seed tells no gap from noise"):
        least_detectable_gap(1.0, 1)
    assert SeedSpread("a", (0.5,)).std is None


def test_neighbours_with_other_numbers_of_runs_are_told_apart_as_student_would():
    from scipy.stats import ttest_ind_from_stats

    ahead, behind = [1.0, 1.2, 1.4, 1.1], [0.7, 0.9]
    [pair] = neighbours(spreads_of({"a": ahead, "b": behind}))
    squares = 3 * np.var(ahead, ddof=1) + np.var(behind, ddof=1)
    pooled = float(np.sqrt(squares / 4))
    just = ttest_ind_from_stats(pair.significant_gap, pooled, 4, 0.0, pooled, 2)
    assert just.pvalue == pytest.approx(0.05)
    assert pair.detectable_gap > pair.significant_gap


@pytest.fixture
def rao_seeds(shared_data):
    """rsum of every run of the ten-seed list, in points."""
    runs = defaultdict(list)
    with (shared_data.parent / "tables" / "rao2022_ten_seeds.csv").open() as lines:
        for row in csv.DictReader(lines):
            cells = [float(value) for name, value in row.items() if name[:3] in ("i2t", "t2i")]
            runs[f"{row['system']} {row['note']}".strip()].append(sum(cells))
    return runs


@pytest.mark.real_data
def test_the_spread_of_every_system_of_the_ten_seed_list(rao_seeds):
    found = {one.system: (len(one.values), round(one.std, 1), round(one.range, 1)) for one in spreads_of(rao_seeds)}
    assert found == {
        "CAMERA": (10, 1.6, 5.1),
        "SGRAF-SGR": (10, 4.9, 17.3),
        "SAEM": (10, 2.4, 7.2),
        "VSRN": (10, 5.4, 19.3),
        "SCAN i-t AVG": (10, 2.1, 6.0),
        "SAEM random-init BERT": (10, 1.9, 6.5),
        "VSE++": (10, 2.7, 8.0),
        "CAMERA random-init BERT": (10, 36.3, 116.6),
    }


@pytest.mark.real_data
def test_in_the_ten_seed_list_single_runs_of_neighbours_overlap_though_their_means_are_far_apart(rao_seeds):
    found = {(one.ahead, one.behind): one for one in neighbours(spreads_of(rao_seeds))}
    sgraf = found["SGRAF-SGR", "SAEM"]
    assert sgraf.overlap
    assert sgraf.gap > sgraf.detectable_gap
    # A random start makes CAMERA's scatter larger than its distance to the next system.
    assert [one.behind for one in found.values() if one.gap < one.significant_gap] == ["CAMERA random-init BERT"]


@pytest.mark.parametrize(("n_seeds", "n_other"), [(2, 2), (2, 3), (3, 2), (2, 4)])
def test_the_detectable_gap_is_known_of_the_fewest_runs(n_seeds, n_other):
    # The power of the test at that gap, by the noncentral t of scipy.stats and not of scipy.special.
    gap = least_detectable_gap(1.0, n_seeds, n_other)
    freedom, scale = n_seeds + n_other - 2, (1 / n_seeds + 1 / n_other) ** 0.5
    assert stats.nct.sf(stats.t.ppf(0.975, freedom), freedom, gap / scale) == pytest.approx(0.8, abs=1e-4)
