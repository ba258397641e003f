"""What people see of a number, and that nothing handed in can become markup, a formula or a command."""

import csv
import json
import re

import numpy as np
import pytest

from leaderboard import exports
from leaderboard.board_columns import shown_columns
from leaderboard.board_facts import TRAITS
from leaderboard.board_table import Look, board_html, places
from leaderboard.components import interval, is_plain, percent, plus_minus, shown
from leaderboard.entry_evidence import files_html
from leaderboard.entry_page import by_protocol, facts_html, measured_html, parse_id, unfinished_html
from leaderboard.entry_record import provenance_html
from leaderboard.latex_table import as_latex
from leaderboard.overview import board_label, overview
from leaderboard.overview_table import overview_html
from leaderboard.remarks import seed_badges
from leaderboard.standings import board_standings
from submissions import database
from submissions.again import again_command
from submissions.board_query import board_keys
from submissions.entry_query import Measured, read_entry
from submissions.tables import Status

HOSTILE = """<img src=x onerror=alert(1)>"' & <script>alert(2)</script>"""
TAG = re.compile(r"<(img|script)")


def stored_board():
    with database.session() as session:
        key = board_keys(session)[0]
        return key, board_standings(session, key)


def stored_entry(submission):
    with database.session() as session:
        return read_entry(session, submission)


def draw(table, **look):
    best = places(table, shown_columns(table))
    return board_html(table, best, Look(**look))


@pytest.mark.parametrize(
    ("fraction", "expected"), [(0.5517, "55.2"), (1.0, "100.0"), (0.0, "0.0"), (None, "–"), (float("nan"), "–")]
)
def test_fractions_are_shown_as_percent_with_one_decimal(fraction, expected):
    assert percent(fraction) == expected


def test_ranks_are_shown_as_they_are():
    assert is_plain("i2t MedR")
    assert shown("i2t MedR", 4.0) == "4.0"
    assert shown("rsum", 4.621) == "462.1"


def test_std_and_interval_show_nothing_where_there_is_none():
    assert plus_minus("rsum", float("nan")) == ""
    assert interval("i2t R@1", None, 0.5) == ""
    assert interval("i2t R@1", 0.4, 0.5) == "[40.0, 50.0]"


def test_names_from_uploads_never_become_markup(add_submission):
    submission = add_submission(
        HOSTILE, [0.5], submitter=HOSTILE, setting=HOSTILE, badges=[[HOSTILE]], filename=HOSTILE
    )
    key, table = stored_board()
    entry = stored_entry(submission)
    pages = [draw(table), overview_html(overview({key: table})), facts_html(entry), provenance_html(entry.runs[0])]
    pages.append(files_html(entry.files))
    for page in pages:
        assert not TAG.search(page)
        assert "&lt;img" in page


def test_a_message_of_a_failure_never_becomes_markup(add_submission):
    submission = add_submission("CCA", [0.5], status=Status.FAILED, message=HOSTILE)
    assert not TAG.search(unfinished_html(stored_entry(submission).runs))


def test_the_best_is_bold_and_the_second_underlined(add_submission):
    for system, level in (("a", 0.6), ("b", 0.4), ("c", 0.2)):
        add_submission(system, [level])
    page = draw(stored_board()[1])
    assert "<b>60.0</b>" in page
    assert "<u>40.0</u>" in page
    assert ">20.0<span" in page


def test_the_lowest_median_rank_is_the_best(add_submission):
    add_submission("a", [0.6])
    table = stored_board()[1]
    table.loc[1] = table.loc[0]
    table.loc[0, "i2t MedR"] = 2.0
    assert places(table, ["i2t MedR"]) == {"i2t MedR": (2.0, 4.0)}


def test_intervals_can_be_left_out(add_submission):
    add_submission("a", [0.6])
    table = stored_board()[1]
    assert "<small>[59.0, 61.0]</small>" in draw(table)
    assert "<small>[59.0, 61.0]</small>" not in draw(table, intervals=False)


def test_directions_carry_the_names_of_papers(add_submission):
    add_submission("a", [0.6])
    page = draw(stored_board()[1])
    assert "i2t (text retrieval)" in page
    assert "t2i (image retrieval)" in page


def test_a_board_shows_what_rsum_adds_up_and_the_rest_on_demand(add_submission):
    add_submission("a", [0.6])
    table = stored_board()[1]
    assert shown_columns(table)[-1] == "rsum"
    assert "i2t MedR" not in shown_columns(table)
    assert "i2t MedR" in shown_columns(table, ["t2i MedR", "i2t MedR"])


def test_two_splits_of_one_protocol_are_told_apart(add_submission):
    add_submission("a", [0.6], protocol="standard", split="my/test")
    add_submission("a", [0.6], protocol="standard", split="your/test")
    with database.session() as session:
        keys = board_keys(session)
    assert sorted(board_label(key, keys) for key in keys) == ["standard · my/test", "standard · your/test"]


def test_csv_keeps_fractions_and_defuses_formulas(add_submission):
    add_submission("=1+1", [1 / 3])
    text = exports.as_csv(stored_board()[1])
    head, row = csv.reader(text.splitlines())
    assert head[:8] == ["rank", "system", "submitter", "setting", "seeds", "badges", "submission", "created"]
    assert head[8:16] == [*TRAITS, "i2t R@1"]
    assert row[:2] == ["1", "'=1+1"]
    assert "0.3333333333333333" in row


def test_csv_cells_are_quoted_so_that_a_semicolon_cuts_nothing(add_submission):
    add_submission("a;=1+1", [0.5])
    assert '"a;=1+1"' in exports.as_csv(stored_board()[1])


def test_a_latex_row_that_begins_with_a_bracket_is_no_argument_of_the_line_before(add_submission):
    add_submission("[1cm] <a|b>", [0.5])
    assert r"{}[1cm] \textless{}a\textbar{}b\textgreater{}" in as_latex(stored_board()[1])


def test_json_holds_the_identity_of_the_board_and_no_nan(add_submission):
    add_submission("CCA", [0.5])
    key, table = stored_board()
    document = json.loads(exports.as_json(table, key), parse_constant=pytest.fail)
    assert (document["protocol"], document["protocol_version"], document["split"]) == ("toy-scene", 1, "toy-scene/test")
    (entry,) = document["entries"]
    assert entry["rank"] == 1
    assert entry["metrics"]["i2t"]["R@1"] == {"mean": 0.5, "std": None, "ci95": [0.49, 0.51]}
    assert entry["metrics"]["rsum"]["mean"] == pytest.approx(3.6)


def test_json_of_an_unranked_system_has_null(add_submission):
    add_submission("half", [0.5], directions=("i2t",))
    add_submission("whole", [0.5])
    key, table = stored_board()
    last = json.loads(exports.as_json(table, key))["entries"][-1]
    assert (last["system"], last["rank"], last["metrics"]["rsum"]["mean"]) == ("half", None, None)


def test_latex_is_a_booktabs_table_with_escaped_names(add_submission):
    add_submission(r"50%_\input{x}", [0.5, 0.52])
    add_submission("second", [0.3])
    page = as_latex(stored_board()[1])
    assert r"\toprule" in page
    assert r"50\%\_\textbackslash{}input\{x\} & 2 & \textbf{51.0}$_{\pm 1.4}$" in page
    assert r"second & 1 & \underline{30.0}" in page
    assert r"\multicolumn{3}{c}{i2t}" in page


def test_text_drops_what_could_steer_a_terminal(add_submission):
    add_submission("a\x1b[31mred\nline", [0.5])
    _, rows = exports.text_rows(stored_board()[1])
    assert rows[0][1] == "a [31mred line"


def test_an_id_from_a_link_is_an_id_or_nothing():
    assert parse_id("' OR 1=1") is None
    assert str(parse_id("1b4e28ba-2fa1-41d2-883f-0016d3cca427")) == "1b4e28ba-2fa1-41d2-883f-0016d3cca427"


def test_the_recompute_command_survives_a_hostile_file_name(add_submission):
    submission = add_submission("CCA", [0.5], filename="-x; rm -rf $HOME.npy")
    command = again_command(stored_entry(submission).runs[0])
    assert command.startswith("rematch score './-x; rm -rf $HOME.npy' --protocol toy-scene --seed 0")


def test_a_protocol_for_any_split_is_recomputed_with_its_split(add_submission):
    submission = add_submission("CCA", [0.5], protocol="standard")
    assert "--split toy-scene/test" in again_command(stored_entry(submission).runs[0])


def test_an_entry_shows_both_bounds_of_every_metric(add_submission):
    submission = add_submission("CCA", [0.5])
    run = stored_entry(submission).runs[0]
    page = measured_html(run.measured)
    assert "<td>50.0</td><td>49.8</td><td>50.2</td><td>[49.0, 51.0]</td>" in page
    assert page.index("i2t (text") < page.index("t2i (image") < page.index("both directions")


def test_runs_that_still_wait_have_no_numbers_to_show(add_submission):
    submission = add_submission("CCA", [0.5], status=Status.QUEUED)
    assert by_protocol(stored_entry(submission).runs) == {}


def test_a_missing_value_takes_no_place_among_the_best(add_submission):
    add_submission("half", [0.9], directions=("i2t",))
    add_submission("whole", [0.5])
    table = stored_board()[1]
    assert places(table, ["rsum"])["rsum"][0] == pytest.approx(3.6)
    assert np.isnan(places(table, ["rsum"])["rsum"][1])


def test_an_entry_names_files_as_the_manifest_does_and_marks_identical_runs(add_submission):
    submission = add_submission("CCA", [0.5, 0.5], filename="seeds/scores.npy", same_ranks=True)
    with database.session() as session:
        found = read_entry(session, submission)
    assert [run.filename for run in found.runs] == ["seeds/scores.npy"] * 2
    assert seed_badges(found.runs, deterministic=False) == ["identical runs"]
    assert seed_badges(found.runs, deterministic=True) == ["sigma = 0 by construction"]
    assert seed_badges(found.runs[:1], deterministic=True) == []


def test_the_spread_over_draws_has_a_column_only_where_there_is_one():
    plain = Measured("R@1", "i2t", 0.5, 0.5, 0.5, 0.4, 0.6, None)
    drawn = Measured("R@1", "i2t", 0.5, 0.5, 0.5, 0.4, 0.6, 0.012)
    assert "Spread" not in measured_html([plain])
    assert "1.2" in measured_html([drawn])
