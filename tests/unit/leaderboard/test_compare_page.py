"""The page that compares systems: what it shows of really scored systems, and what it says where nothing is stored."""

import csv
import io
import json
import re

import pytest
from sqlmodel import delete, update

from evaluator.audit.holm import holm
from evaluator.audit.paired import paired_test
from evaluator.audit.stored_counts import Asked, by_image_of
from evaluator.by_image import averaged
from evaluator.protocol import PROTOCOLS
from leaderboard import compare_data, compare_exports, data
from leaderboard.compare_pictures import Shown, card_html, content_at_hand, most_different
from leaderboard.compare_tables import difference
from splits.loading import load_split
from splits.split import Direction
from submissions import database
from submissions.tables import QueryRanks, Submission
from tests.unit.leaderboard.app_pages import LEADERBOARD, opened, words_of
from tests.unit.leaderboard.compared import add_scored, report_of

VIEW = LEADERBOARD / "views/compare.py"
STRENGTHS = {"strong": (4.0, (1, 2)), "alike": (3.9, (3,)), "weak": (2.0, (4,))}


@pytest.fixture
def three():
    return {name: str(add_scored(name, *made)) for name, made in STRENGTHS.items()}


def compared(*submissions):
    [board] = data.boards()
    return compare_data.comparison(board, submissions)


def test_differences_are_those_of_the_stored_values_and_tested_as_the_reports_say(three):
    found = compared(*three.values())
    asked = Asked.of(PROTOCOLS["toy-scene"], load_split("toy-scene/test"))
    reports = {name: [report_of(strength, seed) for seed in seeds] for name, (strength, seeds) in STRENGTHS.items()}
    pvalues = {}
    for column in found.pairs:
        direction, _, metric = column.rpartition(" ")
        side = Direction(direction) if direction else None
        mean = {
            name: averaged([by_image_of(one.counts, asked, metric=metric, direction=side) for one in own])
            for name, own in reports.items()
        }
        for other in ("alike", "weak"):
            change, test = found.changes[column][other], paired_test(mean[other], mean["strong"])
            assert (change.gap, change.pvalue) == (pytest.approx(test.gap), pytest.approx(test.pvalue))
            expected = sum(
                sum(one.value(metric, side).expected for one in reports[name]) / len(reports[name]) * sign
                for name, sign in ((other, 1), ("strong", -1))
            )
            assert change.gap == pytest.approx(expected)
            pvalues[column, other] = change.pvalue
    adjusted = holm(list(pvalues.values()))
    assert [found.changes[column][other].adjusted for column, other in pvalues] == pytest.approx(adjusted)
    # Rsum and four means a direction; medians are not tested.
    assert len(found.pairs) == 1 + 2 * 5
    assert found.untested == ["i2t MedR", "t2i MedR"]


def test_a_clear_gap_is_marked_and_a_small_one_is_not(three):
    page = words_of(opened(VIEW, ids=",".join(three.values())))
    row = re.search(r"<tr><th scope=\"row\">rsum</th>.*?</tr>", page)[0]
    _, alike, weak = re.split(r'<td class="change"', row)
    assert "beyond noise" not in alike
    assert "beyond noise" in weak


def test_the_page_shows_the_wins_of_a_loop_over_the_reports(three):
    page = words_of(opened(VIEW, ids=f"{three['alike']},{three['weak']}"))
    [alike], [weak] = (
        [report_of(STRENGTHS[name][0], seed) for seed in STRENGTHS[name][1]] for name in ("alike", "weak")
    )
    for direction, n in ((Direction.I2T, 250), (Direction.T2I, 1250)):
        ranks = [(report.counts[direction].above[0] + 1).tolist() for report in (alike, weak)]
        wins = sum(one < other for one, other in zip(*ranks, strict=True))
        losses = sum(one > other for one, other in zip(*ranks, strict=True))
        assert f"<td>{wins:,}<small>{100 * wins / n:.1f} %</small></td>" in page
        assert f"<td>{losses:,}<small>{100 * losses / n:.1f} %</small></td>" in page


def test_the_queries_that_differ_most_come_with_picture_captions_and_ranks(three):
    page = words_of(opened(VIEW, ids=f"{three['alike']},{three['weak']}"))
    assert page.count('src="data:image/jpeg;base64,') == 8
    assert "toy-scene-test-" in page
    found, split = compared(three["alike"], three["weak"]), load_split("toy-scene/test")
    [first, *_] = most_different(found, Direction.T2I, split, count=8)
    answers = found.answers[Direction.T2I]
    factors = [max(pair) / min(pair) for pair in answers.ranks.T.tolist()]
    assert max(first.ranks) / min(first.ranks) == max(factors)
    assert split.caption_ids[first.caption] == first.title
    captions = words_of(opened(VIEW, ids=f"{three['alike']},{three['weak']}", queries="t2i: caption queries"))
    assert f"<h4>{first.title}</h4>" in captions
    assert f"<li><b>{content_at_hand(split).captions[first.caption]}</b></li>" in captions


def test_without_pictures_queries_are_shown_by_their_ids(monkeypatch, tmp_path):
    monkeypatch.setenv("REMATCH_DATA", str(tmp_path))
    split = load_split("coco/karpathy-test-25000")
    why = content_at_hand(split)
    assert "rematch data check coco" in why
    card = card_html(Shown(7, split.image_ids[7], None, (3.0, 1203.5)), ("a", "b"), split, None)
    assert split.image_ids[7] in card
    assert "1,203.5" in card
    assert "<img" not in card


def test_the_address_names_systems_and_the_board_where_they_stand(three):
    add_scored("elsewhere", 3.0, [1], protocol="toy-object")
    app = opened(VIEW, ids=f"{three['weak']},{three['strong']}")
    assert app.selectbox(key="board").value == "toy-scene"
    assert app.multiselect[0].value == [three["weak"], three["strong"]]


def test_unknown_replaced_and_private_ids_are_told_and_left_out(three):
    with database.session() as session:
        session.exec(update(Submission).where(Submission.system == "weak").values(is_private=True))
    app = opened(VIEW, ids=f"{three['strong']},nonsense,{three['weak']},{three['alike']}")
    assert not app.exception
    page = words_of(app)
    assert f"Not on the board toy-scene: nonsense, {three['weak']}." in page
    assert "weak" not in page.replace(three["weak"], "")
    assert app.multiselect[0].value == [three["strong"], three["alike"]]


def test_more_than_five_are_cut_with_a_sentence():
    ids = [str(add_scored(f"system {number}", 3.0, [number])) for number in range(6)]
    app = opened(VIEW, ids=",".join(ids))
    assert not app.exception
    assert "The address names 6 systems; the first 5 are compared." in words_of(app)
    assert app.multiselect[0].value == ids[:5]


def test_a_single_system_is_asked_for_another(three):
    assert "Choose at least 2 systems" in words_of(opened(VIEW, ids=three["strong"]))


def test_stale_values_in_the_address_fall_back(three):
    app = opened(VIEW, ids=",".join(three.values()), board="no such board", value="t2i R@99", queries="none")
    assert not app.exception
    assert app.selectbox(key="value").value == "rsum"


def test_an_empty_database_says_what_to_do(database_ready):
    app = opened(VIEW)
    assert "nothing to compare" in words_of(app)
    assert app.code[0].value == "rematch demo"


def test_what_is_not_stored_of_a_system_is_said(three):
    with database.session() as session:
        session.exec(delete(QueryRanks))
    app = opened(VIEW, ids=",".join(three.values()))
    assert not app.exception
    page = words_of(app)
    assert "i2t: image queries: ranks of single queries are not stored for strong, alike, weak." in page
    # What every image does to rsum is stored by itself.
    assert list(compared(*three.values()).pairs) == ["rsum"]


def test_results_without_anything_of_single_queries_are_compared_by_their_values(add_submission):
    ids = [str(add_submission(name, [level], with_effects=False)) for name, level in (("A", 0.5), ("B", 0.45))]
    page = words_of(opened(VIEW, ids=",".join(ids)))
    assert "so no paired test can be made" in page
    assert '<td class="change">−5.0</td>' in page


def test_a_system_of_one_direction_is_compared_in_that_direction(add_submission):
    both, one = (
        str(add_submission(name, [level], directions=directions))
        for name, level, directions in (("both", 0.5, ("i2t", "t2i")), ("one", 0.45, ("i2t",)))
    )
    app = opened(VIEW, ids=f"{both},{one}")
    assert not app.exception
    page = words_of(app)
    assert re.search(
        r'<th scope="row">rsum</th><td>360.0<span class="std"></span></td><td>–<.*?<td class="change">–', page
    )
    assert '<td class="change">−5.0</td>' in page


def test_a_protocol_that_the_catalogue_has_no_longer_is_compared_by_what_is_stored(add_submission):
    ids = [str(add_submission(name, [level], protocol="retired")) for name, level in (("A", 0.5), ("B", 0.45))]
    app = opened(VIEW, ids=",".join(ids))
    assert not app.exception
    assert app.selectbox(key="value").options == ["rsum"]


def test_every_run_may_draw_another_caption():
    ids = [
        str(add_scored(name, strength, [1, 2], protocol="toy-scene-1cap")) for name, strength in (("A", 4), ("B", 2))
    ]
    found = compared(*ids)
    # Caption queries go by their image: two runs drew two captions of it.
    assert found.answers[Direction.T2I].queries.tolist() == list(range(250))
    report = report_of(4, 1, "toy-scene-1cap"), report_of(4, 2, "toy-scene-1cap")
    expected = sum(one.value("MeanR", Direction.T2I).expected for one in report) / 2
    assert found.answers[Direction.T2I].ranks[0].mean() == pytest.approx(expected)
    assert not opened(VIEW, ids=",".join(ids), queries="t2i: caption queries").exception


def test_exports_hold_what_the_page_shows(three):
    found = compared(*three.values())
    [board] = data.boards()
    rows = list(csv.DictReader(io.StringIO(compare_exports.as_csv(found))))
    [weak] = [row for row in rows if (row["metric"], row["system"]) == ("i2t R@1", "weak")]
    shown = words_of(opened(VIEW, ids=",".join(three.values())))
    assert difference("i2t R@1", float(weak["difference"])) in shown
    assert f">{100 * float(weak['value']):.1f}<" in shown
    assert weak["submission"] == three["weak"]
    document = json.loads(compare_exports.as_json(found, board))
    assert document["split_digest"] == board.split_digest
    assert len(document["pairs"]) == 3 * len(found.pairs)
    assert {(one["direction"], one["queries"]) for one in document["queries"]} == {("i2t", 250), ("t2i", 1250)}
    for direction, system in (("i2t", "weak"), ("t2i", "strong")):
        own = [one for one in document["ranks"] if (one["direction"], one["system"]) == (direction, system)]
        assert sum(one["share"] for one in own) == pytest.approx(1)
        [value] = [
            one["value"]
            for one in document["measured"]
            if (one["metric"], one["system"]) == (f"{direction} R@1", system)
        ]
        assert own[0]["share"] == pytest.approx(value)
    latex = compare_exports.as_latex(found)
    assert latex.count(r" \\") == 1 + len(found.columns)
    assert r"\multicolumn{2}{c}{weak}" in latex
    assert "$^*$" in latex


def test_a_name_cannot_become_markup_or_a_formula(three):
    hostile = '=<img src=x onerror="alert(1)">'
    ids = f"{add_scored(hostile, 3.0, [9])},{three['weak']}"
    assert "<img src=x" not in words_of(opened(VIEW, ids=ids))
    assert f"\"'{hostile[:5]}" in compare_exports.as_csv(compared(*ids.split(",")))
