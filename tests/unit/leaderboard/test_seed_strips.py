"""Runs over seeds: ranges, gaps and shapes, worked out by hand."""

import pandas as pd
import pytest

from evaluator.audit.seed_lists import SeedLists
from leaderboard.charts import as_svg, styled
from leaderboard.listing import listing_csv, listing_latex
from leaderboard.seed_chart import strip_chart
from leaderboard.seed_strips import (
    board_metrics,
    density_of,
    overlap_sentence,
    range_sentence,
    runs_in_source,
    runs_on_board,
    strips_of,
)
from leaderboard.seed_table import seed_columns
from submissions.shipped_claims import read_shipped

RUNS = {"B": [0.50, 0.54], "A": [0.53, 0.57], "C": [0.2, 0.2, 0.23], "single": [0.9]}


@pytest.fixture
def strips():
    return strips_of(RUNS, "i2t R@1", most=10)


@pytest.fixture(scope="module")
def ten_seeds():
    return SeedLists.of(next(one.claims for one in read_shipped() if one.source.name == "rao2022-ten-seeds"))


def test_means_ranges_and_gaps_are_those_by_hand(strips):
    table = strips.table.set_index("system")
    assert list(table.index) == ["A", "B", "C"]
    assert table["mean"].tolist() == pytest.approx([0.55, 0.52, 0.21])
    assert table["range"].tolist() == pytest.approx([0.04, 0.04, 0.03])
    assert table["gap"].tolist()[:2] == pytest.approx([0.03, 0.31])
    assert table["overlap"].tolist()[:2] == [True, False]
    # The standard deviation of 0.53 and 0.57 is 0.04 / sqrt(2); two runs each, so t = 4.303 with 2 degrees of freedom.
    assert table["std"]["A"] == pytest.approx(0.028284, abs=1e-6)
    assert table["least gap"]["A"] == pytest.approx(4.302653 * 0.028284, abs=1e-4)
    assert pd.isna(table["gap"]["C"])
    assert strips.n_single == 1


def test_the_sentences_name_a_range_that_exceeds_its_gap(strips):
    assert range_sentence(strips) == (
        "The range of A over its 2 runs, 4.0 points, exceeds its gap of 3.0 to B; so it is for 1 of 2 systems with one"
        " below them."
    )
    assert overlap_sentence(strips).startswith("In 1 of 2 pairs of neighbours the best run of the one behind reaches")


def test_systems_far_apart_are_said_to_be_so():
    found = strips_of({"A": [0.9, 0.91], "B": [0.1, 0.11]}, "rsum", most=10)
    assert "The range of A over its 2 runs, 1.0 points, is below its gap of 80.0 to B" in range_sentence(found)
    assert overlap_sentence(found).startswith("No run reaches the runs of the next system")


def test_without_two_runs_there_is_nothing_to_show():
    assert strips_of({"A": [0.9], "B": [0.1]}, "rsum", most=10) is None
    assert strips_of({}, "rsum", most=10) is None


def test_one_system_alone_has_a_range_and_no_gap():
    found = strips_of({"A": [0.5, 0.52]}, "i2t R@1", most=10)
    assert range_sentence(found) == "The 2 runs of A lie within 2.0 points."
    assert overlap_sentence(found) == ""


def test_only_the_best_are_kept_and_all_are_counted():
    found = strips_of({f"s{n}": [n / 10, n / 10 + 0.01] for n in range(5)}, "rsum", most=2)
    assert found.table["system"].tolist() == ["s4", "s3"]
    assert found.n_systems == 5
    assert set(found.runs["system"]) == {"s4", "s3"}


def test_runs_of_a_board_count_once_where_their_ranks_are_the_same():
    runs = pd.DataFrame({"name": ["A", "A", "A"], "distinct": [True, False, True], "rsum": [3.0, 3.0, 3.1]})
    assert runs_on_board(runs, "rsum") == {"A": [3.0, 3.1]}


def test_metrics_are_shares_of_which_more_is_better_and_rsum_is_first():
    columns = ["i2t R@1", "t2i MedR", "rsum"]
    runs = pd.DataFrame(columns=[f"{name}{part}" for name in columns for part in ("", " low", " high")])
    assert board_metrics(runs) == ["rsum", "i2t R@1"]


def test_the_ten_seeds_of_rao_are_those_that_the_explanation_quotes(ten_seeds):
    found = strips_of(runs_in_source(ten_seeds, "flickr30k-1k", "rsum"), "rsum", most=20)
    table = found.table.set_index("system")
    assert len(table) == 8
    # Two runs of one system have the same numbers, and count once.
    assert sorted(table["n"]) == [9, *[10] * 7]
    # As docs/explanation/order.md has them; the last is CAMERA with a random start of its text encoder.
    ranges = sorted((100 * table["range"]).round(1))
    assert (ranges[0], ranges[-2], ranges[-1]) == (5.1, 19.3, 116.6)
    assert runs_in_source(ten_seeds, "flickr30k-1k", "i2t R@1")["VSE++"][:2] == pytest.approx([0.432, 0.451])


def test_a_density_is_symmetric_where_its_runs_are():
    places, density = density_of([0.0, 1.0, 2.0])
    assert (places[0], places[-1]) == (0.0, 2.0)
    assert max(density) == pytest.approx(1.0)
    assert density == pytest.approx(density[::-1])


def test_shapes_are_drawn_from_eight_runs_on(strips, ten_seeds):
    many = strips_of(runs_in_source(ten_seeds, "flickr30k-1k", "rsum"), "rsum", most=20)
    assert len(strip_chart(many, claimed=True).layer) == 3
    assert len(strip_chart(strips, claimed=False).layer) == 2
    same = strips_of({"A": [0.5] * 8}, "rsum", most=1)
    assert len(strip_chart(same, claimed=False).layer) == 2
    assert "VSE++" in as_svg(styled(strip_chart(many, claimed=True)))


def test_the_table_of_claims_carries_daggers_and_files_keep_fractions(strips):
    columns = seed_columns("i2t R@1", claimed=True)
    latex = listing_latex(strips.table, columns)
    assert r"A & 2 & 55.0$^\dagger$ & 2.8$^\dagger$ & 4.0$^\dagger$ & 3.0$^\dagger$" in latex
    assert latex.count(r"-- & -- & -- \\") == 1
    assert listing_csv(strips.table, columns).splitlines()[0].startswith('"system","n","mean","std"')
