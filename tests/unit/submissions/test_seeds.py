"""Mean, spread and identical runs."""

import pytest

from submissions.seeds import SeedSummary, aggregate, identical_groups


def test_the_spread_is_the_sample_standard_deviation():
    summary = aggregate([0.1, 0.2, 0.6])
    assert summary.mean == pytest.approx(0.3)
    assert summary.std == pytest.approx(0.2645751311)
    assert summary.n == 3


def test_one_run_has_no_spread():
    assert aggregate([0.5]) == SeedSummary(0.5, None, 1)


def test_a_deterministic_system_has_no_spread_however_often_it_is_run():
    assert aggregate([0.5, 0.5], deterministic=True) == SeedSummary(0.5, None, 2)


def test_no_value_is_a_mistake():
    with pytest.raises(ValueError, match="at least one value"):
        aggregate([])


def test_runs_that_share_file_or_ranks_are_one_group():
    fingerprints = {0: ["a", "x"], 1: ["b", "x"], 2: ["a", "y"], 3: ["c", None], 4: ["d", None]}
    assert identical_groups(fingerprints) == [(0, 1, 2)]


def test_two_groups_that_a_later_run_joins_become_one():
    assert identical_groups({0: ["a", "x"], 1: ["b", "y"], 2: ["a", "y"]}) == [(0, 1, 2)]


def test_a_fingerprint_of_one_kind_is_not_one_of_another():
    assert identical_groups({0: ["a", "b"], 1: ["b", "a"]}) == []
