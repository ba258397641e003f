"""Identical runs."""

from submissions.seeds import identical_groups


def test_runs_that_share_file_or_ranks_are_one_group():
    fingerprints = {0: ["a", "x"], 1: ["b", "x"], 2: ["a", "y"], 3: ["c", None], 4: ["d", None]}
    assert identical_groups(fingerprints) == [(0, 1, 2)]


def test_two_groups_that_a_later_run_joins_become_one():
    assert identical_groups({0: ["a", "x"], 1: ["b", "y"], 2: ["a", "y"]}) == [(0, 1, 2)]


def test_a_fingerprint_of_one_kind_is_not_one_of_another():
    assert identical_groups({0: ["a", "b"], 1: ["b", "a"]}) == []
