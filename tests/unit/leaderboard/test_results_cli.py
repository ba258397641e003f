"""`rematch results` prints the board that the site shows."""

import csv
import io
import json
from datetime import UTC, datetime

from typer.testing import CliRunner

from leaderboard.results_cli import app
from splits.errors import UnknownNameError


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_table_shows_percent_and_spread(add_submission):
    add_submission("CCA", [0.5, 0.52])
    done = run("--protocol", "toy-scene")
    assert done.exit_code == 0, done.output
    assert "51.0 ± 1.4" in done.stdout
    assert "toy-scene version 1 on toy-scene/test" in done.stderr


def test_csv_is_only_the_table(add_submission):
    add_submission("CCA", [0.5])
    rows = list(csv.DictReader(io.StringIO(run("--protocol", "toy-scene", "--format", "csv").stdout)))
    assert [(row["system"], row["i2t R@1"]) for row in rows] == [("CCA", "0.5")]


def test_json_is_one_object(add_submission):
    add_submission("CCA", [0.5])
    document = json.loads(run("--protocol", "toy-scene", "--format", "json").stdout)
    assert document["entries"][0]["metrics"]["i2t"]["R@1"]["mean"] == 0.5


def test_latex_has_rules(add_submission):
    add_submission("CCA", [0.5])
    assert r"\bottomrule" in run("--protocol", "toy-scene", "--format", "latex").stdout


def test_without_a_protocol_the_boards_are_listed(add_submission):
    add_submission("CCA", [0.5])
    assert "toy-scene/test" in run().stdout
    assert json.loads(run("--format", "json").stdout)[0]["n_submissions"] == 1
    assert run("--format", "csv").stdout.splitlines()[1] == "toy-scene,1,toy-scene/test,scene,1"


def test_with_nothing_stored_the_next_step_is_named():
    done = run()
    assert (done.exit_code, done.stdout) == (0, "")
    assert "rematch demo" in done.stderr


def test_an_unknown_protocol_is_an_error_of_the_input(add_submission):
    add_submission("CCA", [0.5])
    assert isinstance(run("--protocol", "nope").exception, UnknownNameError)


def test_the_board_of_an_earlier_day_is_the_one_that_the_page_shows(add_submission):
    add_submission("CCA", [0.5], created_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    add_submission("VSE", [0.4], created_at=datetime(2026, 3, 2, 0, 1, tzinfo=UTC))
    done = run("--protocol", "toy-scene", "--as-of", "2026-03-01")
    assert "CCA" in done.stdout
    assert "VSE" not in done.stdout
    assert "as of the end of 2026-03-01 UTC: 1 submission" in done.stderr
    assert "VSE" in run("--protocol", "toy-scene", "--as-of", "2026-03-02").stdout
    assert "toy-scene" in run("--as-of", "2026-03-01").stdout
    asked = ("--protocol", "toy-scene", "--as-of", "2026-03-01", "--format")
    assert json.loads(run(*asked, "json").stdout)["as_of"] == "2026-03-01"
    latex = run(*asked, "latex").stdout
    assert latex.startswith("% toy-scene version 1 on toy-scene/test as of the end of 2026-03-01 UTC\n")


def test_a_day_before_everything_is_told(add_submission):
    add_submission("CCA", [0.5], created_at=datetime(2026, 3, 1, tzinfo=UTC))
    for asked in ([], ["--protocol", "toy-scene"]):
        done = run("--as-of", "2026-02-28", *asked)
        assert isinstance(done.exception, UnknownNameError)
        assert "Nothing was here by the end of 2026-02-28" in str(done.exception)
