"""Scenes against objects: places, drops and changes of order, worked out by hand."""

import json

import altair as alt
import pandas as pd
import pytest

from evaluator.audit.replication import Carries
from evaluator.audit.system_value import SystemValue
from leaderboard.board_runs import board_runs, with_names
from leaderboard.charts import as_svg, styled
from leaderboard.claimed import MEASURED, claim_lists, with_both_sides
from leaderboard.listing import listing_csv, listing_html, listing_json, listing_latex
from leaderboard.transfer import BEYOND, KEPT, UNKNOWN, WITHIN, Side, side_of_runs, transfer_between
from leaderboard.transfer_charts import drop_chart, scatter_chart, slope_chart
from leaderboard.transfer_table import drop_columns, value_columns
from leaderboard.transfer_text import agreement_sentence, drop_sentence, meaning, places_sentence, values_sentence
from submissions import database
from submissions.board_query import board_keys
from submissions.shipped_claims import read_shipped


def side(name, values, *, error=None):
    return Side(name, {system: SystemValue(value, error=error) for system, value in values.items()}, {})


SCENE = {"A": 4.0, "B": 3.0, "C": 2.0}
OBJECT = {"A": 1.0, "B": 1.5, "C": 0.5}


@pytest.fixture
def swapped():
    """A and B change places; A leads by 100 points on scenes and trails by 50 on objects."""
    return transfer_between(side("coco-5k", SCENE), side("cub200", OBJECT), most=10)


def test_places_and_drops_are_those_by_hand(swapped):
    table = swapped.table.set_index("system")
    assert list(table.index) == ["A", "B", "C"]
    assert table["scene rank"].to_dict() == {"A": 1, "B": 2, "C": 3}
    assert table["object rank"].to_dict() == {"A": 2, "B": 1, "C": 3}
    # A goes from 4 to 1, B from 3 to 1.5, C from 2 to 0.5.
    assert table["lost"].to_dict() == {"A": 0.75, "B": 0.5, "C": 0.75}


def test_tau_of_one_change_among_three_pairs_is_a_third(swapped):
    assert swapped.order.tau == pytest.approx(1 / 3)
    words = agreement_sentence(swapped)
    assert words == (
        "Kendall's tau 0.33 (no interval: the noise of 6 of the 6 values is not known): 2 of 3 pairs of systems keep"
        " their order from coco-5k to cub200, 1 changes it."
    )


@pytest.mark.parametrize(
    ("error", "change", "carries"),
    [(None, UNKNOWN, Carries.OPEN), (0.001, BEYOND, Carries.NOT), (2.0, WITHIN, Carries.WITHIN_NOISE)],
)
def test_a_change_of_order_is_told_by_the_noise_of_both_gaps(error, change, carries):
    found = transfer_between(side("s", SCENE, error=error), side("o", OBJECT, error=error), most=10)
    assert found.table.set_index("system")["change"].to_dict() == {"A": change, "B": change, "C": KEPT}
    assert found.carries is carries


def test_the_meaning_names_the_change_that_is_beyond_noise():
    found = transfer_between(side("s", SCENE, error=0.001), side("o", OBJECT, error=0.001), most=10)
    words = meaning(found)
    assert "does not hold on objects. 1 of the changes is beyond noise." in words
    assert "A is ahead of B by 100.0 points of rsum on scenes, and behind by 50.0 on objects." in words
    # Of three systems every order has a tau of 1/3 or more in size: 6 of 6.
    assert "With 3 systems, 100.0 % of unrelated orders" in words
    assert "[0.33, 0.33]" in agreement_sentence(found)


def test_sentences_carry_the_numbers(swapped):
    assert places_sentence(swapped.table) == (
        "2 of 3 systems have another place; A moves farthest, from 1 on scenes to 2 on objects."
    )
    assert drop_sentence(swapped.table) == (
        "From scenes to objects B loses 50.0 % of its rsum and C loses 75.0 % of its rsum."
    )
    assert values_sentence(swapped) == "A has the highest rsum on coco-5k, 400.0; B has the highest on cub200, 150.0."


def test_the_same_order_is_said_in_words():
    found = transfer_between(side("s", SCENE), side("o", SCENE), most=10)
    assert meaning(found).startswith("What is better on scenes is better on objects here.")
    assert places_sentence(found.table) == "All 3 systems keep their place."


def test_fewer_than_two_shared_systems_are_no_order():
    assert transfer_between(side("s", {"A": 1.0, "B": 2.0}), side("o", {"A": 1.0}), most=10) is None


def test_the_best_are_kept_by_both_sides_and_not_by_one():
    scene = side("s", {"A": 4.0, "B": 3.0, "C": 2.0, "D": 1.0})
    object_ = side("o", {"A": 1.0, "B": 3.0, "C": 4.0, "D": 2.0})
    # Mean places: A (1 + 4) / 2, B (2 + 2) / 2, C (3 + 1) / 2, D (4 + 3) / 2.
    found = transfer_between(scene, object_, most=2)
    assert set(found.table["system"]) == {"B", "C"}
    assert found.n_common == 4


def runs_of(system, values, *, deterministic=False, distinct=None):
    return pd.DataFrame(
        {
            "name": system,
            "deterministic": deterministic,
            "distinct": [True] * len(values) if distinct is None else distinct,
            "rsum": values,
            "rsum low": [value - 0.1 for value in values],
            "rsum high": [value + 0.2 for value in values],
        }
    )


def test_spread_is_that_of_seeds_or_else_of_images():
    runs = pd.concat(
        [runs_of("seeds", [3.0, 3.2]), runs_of("one", [2.0]), runs_of("same", [1.0, 1.0], distinct=[True, False])]
    )
    found = side_of_runs("s", runs)
    # The standard deviation of 3.0 and 3.2 is 0.2 / sqrt(2).
    assert found.spreads["seeds"] == pytest.approx((3.1 - 0.141421, 3.1 + 0.141421), abs=1e-6)
    assert found.spreads["one"] == pytest.approx((1.9, 2.2))
    assert found.values["seeds"].error == pytest.approx(0.1)
    assert found.values["one"].error is None
    assert found.values["same"].error is None


def test_one_run_of_a_deterministic_system_has_the_error_of_its_images():
    assert side_of_runs("s", runs_of("one", [2.0], deterministic=True)).values["one"].error == pytest.approx(
        0.3 / 3.919928
    )


def test_runs_of_a_board_are_read_once_each_and_only_of_the_newest_submission(add_submission):
    add_submission("CCA", [0.1])
    add_submission("CCA", [0.5, 0.52], same_ranks=True)
    add_submission("CLIP", [0.6], submitter="others")
    add_submission("CCA", [0.2], submitter="others")
    with database.session() as session:
        (runs,) = with_names(board_runs(session, board_keys(session)[0]))
    assert dict(zip(runs["name"], runs.groupby("name")["rsum"].transform("size"), strict=True)) == {
        "CCA (a group)": 2, "CCA (others)": 1, "CLIP": 1,
    }  # fmt: skip
    newest = runs[runs["name"] == "CCA (a group)"]
    assert newest["rsum"].tolist() == pytest.approx([3.6, 3.72])
    assert newest["i2t R@1 low"].tolist() == pytest.approx([0.49, 0.51])
    assert newest["distinct"].tolist() == [True, False]


def test_pictures_hold_every_system_and_survive_hostile_names(swapped):
    table = swapped.table.replace("A", '<b>"A"</b> & \\u2028')
    for chart in (slope_chart(table, ("s", "o")), scatter_chart(table, ("s", "o")), drop_chart(table)):
        assert "&lt;b&gt;" in as_svg(styled(chart))
    assert isinstance(slope_chart(table, ("s", "o")), alt.LayerChart)


def test_equal_ranks_stand_below_each_other():
    found = transfer_between(side("s", {"A": 2.0, "B": 2.0, "C": 1.0}), side("o", SCENE), most=10)
    ends = slope_chart(found.table, ("s", "o")).layer[0].data
    left = ends[ends["across"] == 0]
    assert sorted(left["place"]) == [1, 2, 3]
    assert sorted(left["rank"]) == [1, 1, 3]


def test_tables_hold_the_same_numbers_in_every_form(swapped):
    columns = value_columns(swapped, claimed=True)
    rows = swapped.table.replace("A", "=A & <b>")
    html = listing_html(rows, columns, "numbers")
    assert "400.0†" in html
    assert "=A &amp; &lt;b&gt;" in html
    assert '"\'=A & <b>",4.0,1.0' in listing_csv(rows, columns)
    document = json.loads(listing_json(rows, columns, {"claims": "a paper"}))
    assert document["claims"] == "a paper"
    assert document["rows"][1] == {"system": "B", "scene": 3.0, "object": 1.5}
    assert r"=A \& \textless{}b\textgreater{} & 400.0$^\dagger$ & 100.0$^\dagger$ \\" in listing_latex(rows, columns)
    assert "-75.0" not in listing_latex(rows, drop_columns(claimed=False))


def test_of_the_shipped_sources_only_one_states_both_sides():
    lists = with_both_sides(claim_lists(read_shipped()))
    assert list(lists) == ["hendriksen2023-logs, reproduced"]
    assert MEASURED not in lists
