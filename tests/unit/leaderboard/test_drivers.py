"""What goes with a higher R@1: points, groups and correlations, worked out by hand."""

from math import atanh, sqrt, tanh

import numpy as np
import pandas as pd
import pytest

from evaluator.audit.claim import Kind
from evaluator.audit.pair_signs import pair_signs, tau_b
from evaluator.audit.system_value import SystemValue
from leaderboard.chart_labels import uncrowded
from leaderboard.charts import as_svg, styled
from leaderboard.driver_charts import gain_chart, group_chart, size_chart
from leaderboard.driver_table import gain_columns, point_columns
from leaderboard.driver_text import association_sentence, gain_sentence, group_means, group_sentence
from leaderboard.drivers import (
    NOT_PRETRAINED,
    WITH,
    WITHOUT,
    ablated_pairs,
    association,
    claimed_points,
    column_of,
    measured_points,
)
from leaderboard.listing import listing_html, listing_latex
from leaderboard.standings import standings
from submissions import database
from submissions.shipped_claims import read_shipped
from submissions.system_facts import read_systems

METRIC = "i2t R@1"


def points_of(values, parameters, **more):
    table = pd.DataFrame({"system": [f"s{n}" for n in range(len(values))], "value": values, "parameters": parameters})
    return table.assign(**{"interaction": None, "pairs": np.nan, "data": None, "hard negatives": None, **more})


@pytest.fixture(scope="module")
def rao():
    return next(one.claims for one in read_shipped() if one.source.name == "rao2022")


@pytest.fixture(scope="module")
def claimed(rao):
    return claimed_points(rao, read_systems(), ground="flickr30k-1k", kind=Kind.REPRODUCED, metric=METRIC)


def test_tau_of_five_points_is_that_by_hand():
    # Of ten pairs (2, 3) and (4, 5) are the other way round: tau is (8 - 2) / 10.
    found = association(points_of([1.0, 3.0, 2.0, 5.0, 4.0], [1e6, 2e6, 3e6, 4e6, 5e6]), "parameters")
    assert (found.n, found.tau) == (5, pytest.approx(0.6))
    half = 1.959964 * sqrt(0.437)
    assert found.interval == pytest.approx((tanh(atanh(0.6) - half), tanh(atanh(0.6) + half)), abs=1e-6)
    assert association_sentence(found, "parameters", METRIC) == (
        "Over 5 points Kendall's tau of parameters and i2t R@1 is 0.60 [-0.54, 0.96]; the interval holds 0, so they may"
        " not go together."
    )


def test_tau_with_ties_is_that_of_the_audit():
    values, sizes = [0.1, 0.2, 0.2, 0.4, 0.3, 0.6], [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    signs = [pair_signs([SystemValue(one) for one in own]) for own in (sizes, values)]
    assert association(points_of(values, sizes), "parameters").tau == pytest.approx(tau_b(*signs))


def test_few_points_have_no_correlation():
    found = association(points_of([0.1, 0.2, 0.3], [1.0, 2.0, np.nan]), "parameters")
    assert (found.n, found.tau, found.interval) == (2, None, None)
    assert association_sentence(found, "parameters", METRIC).startswith("2 points with known parameters: too few")


def test_points_in_one_order_have_a_tau_and_no_interval():
    found = association(points_of([0.1, 0.2, 0.3, 0.4, 0.5], [1.0, 2.0, 3.0, 4.0, 5.0]), "parameters")
    assert (found.tau, found.interval) == (pytest.approx(1.0), None)
    assert "every two points are in the same order" in association_sentence(found, "parameters", METRIC)


def test_points_of_one_size_have_no_correlation():
    found = association(points_of([0.1, 0.2, 0.3, 0.4, 0.5], [1.0] * 5), "parameters")
    words = association_sentence(found, "parameters", METRIC)
    assert "no correlation, because one of both is the same for all" in words


def test_the_systems_of_rao_are_points_with_what_tables_2_and_4_say(claimed):
    rows = claimed.set_index("system")
    assert len(rows) == 14
    assert rows.loc["ViLBERT", ["printed", "parameters", "data"]].tolist() == ["76.8", 221e6, "CC"]
    assert rows["parameters"]["SCAN t-i AVG"] == 9e6
    assert rows["data"]["VSE++"] == NOT_PRETRAINED
    assert rows["interaction"]["VSE++"] == "a: within each modality"
    assert column_of(claimed, "pre-training") == "data"


def test_hard_negatives_are_paired_within_a_system(rao):
    pairs = ablated_pairs(rao, ground="flickr30k-1k", metric=METRIC)
    assert len(pairs) == 11
    assert pairs["gain"].is_monotonic_decreasing
    row = pairs.iloc[0]
    assert row["gain"] == pytest.approx(float(row["with printed"]) / 100 - float(row["without printed"]) / 100)
    words = gain_sentence(pairs, METRIC)
    assert words.startswith(f"With hard negatives i2t R@1 is higher in {(pairs['gain'] > 0).sum()} of 11 systems")
    assert f"({row['system']})" in words


def test_groups_have_the_means_by_hand():
    points = points_of([0.5, 0.3, 0.1, 0.2], [1.0] * 4, interaction=["x", "x", "y", None])
    groups = group_means(points, "interaction")
    assert groups.to_dict("records") == [
        {"group": "x", "n": 2, "mean": 0.4, "low": 0.3, "high": 0.5},
        {"group": "y", "n": 1, "mean": 0.1, "low": 0.1, "high": 0.1},
    ]
    assert group_sentence(groups, METRIC) == "Mean i2t R@1: x 40.0 (n = 2), y 10.0 (n = 1)."


def test_only_the_largest_groups_are_kept():
    points = points_of([0.1] * 26, [1.0] * 26, data=[*(f"g{n:02d}" for n in range(24)), "g23", "g23"])
    groups = group_means(points, "data")
    assert len(groups) == 20
    assert groups.set_index("group")["n"]["g23"] == 3


def test_a_board_gives_points_with_the_traits_of_manifests(add_submission):
    add_submission("old and new", [0.1], traits={"parameters": 1})
    add_submission("old and new", [0.5], traits={
        "parameters": 151_000_000, "pretraining_data": [], "interaction": "dual-encoder", "hard_negatives": True,
    })  # fmt: skip
    add_submission("large", [0.6], traits={"pretraining_data": ["CC", "SBU"], "pretraining_pairs": 4_000_000})
    add_submission("no", [0.2], traits={"hard_negatives": False})
    with database.session() as session:
        points = measured_points(standings(session, "toy-scene"), METRIC)
    rows = points.set_index("system")
    assert list(rows.index) == ["large", "old and new", "no"]
    assert rows["parameters"]["old and new"] == 151e6
    assert np.isnan(rows["parameters"]["large"])
    assert rows["data"].tolist()[:2] == ["CC, SBU", NOT_PRETRAINED]
    assert rows["hard negatives"].tolist()[1:] == [WITH, WITHOUT]
    assert column_of(points, "pre-training") == "pairs"


def test_pictures_hold_the_points_and_claims_are_hollow(claimed, rao):
    size = size_chart(claimed, "parameters", "Parameters", METRIC, claimed=True)
    assert size.layer[0].mark.filled is False
    assert "claimed" in as_svg(styled(size))
    groups = group_chart(claimed, "interaction", sorted(claimed["interaction"].unique()), METRIC, claimed=False)
    assert groups.layer[0].mark.filled is True
    assert "b: between the modalities" in as_svg(styled(groups))
    pairs = ablated_pairs(rao, ground="flickr30k-1k", metric=METRIC)
    assert "VSE++" in as_svg(styled(gain_chart(pairs, METRIC)))


def test_tables_of_claims_hold_the_printed_digits_with_a_dagger(claimed, rao):
    html = listing_html(claimed, point_columns(METRIC, claimed=True), "numbers")
    assert "76.8†" in html
    assert "221M" in html
    pairs = ablated_pairs(rao, ground="flickr30k-1k", metric=METRIC)
    assert pairs["with printed"].iloc[0] + r"$^\dagger$" in listing_latex(pairs, gain_columns(METRIC))


def test_names_that_would_lie_on_another_are_left_out():
    assert uncrowded([(0.1, 0.5, "first"), (0.1, 0.51, "on it"), (0.1, 0.9, "far")]) == ["first", "", "far"]
    assert uncrowded([(0.5, n / 100, "s") for n in range(100)])[60:] == [""] * 40
