"""The commands as people type them."""

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from splits.errors import RematchError
from submissions.cli import app as submissions_app
from worker.cli import app as worker_app
from worker.settings import get_settings

app = typer.Typer()
app.add_typer(submissions_app)
app.add_typer(worker_app)


@pytest.fixture
def rematch(prepared):
    def run(*arguments):
        return CliRunner().invoke(app, list(map(str, arguments)))

    return run


def test_a_submission_is_scored_and_shown_by_one_command(rematch, make_submission):
    done = rematch("submit", make_submission(), "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["status"] == "succeeded"
    assert [one["seed"] for one in document["evaluations"]] == [0, 1]
    assert 0 <= document["evaluations"][0]["values"]["i2t R@1"] <= 1
    assert "2 of 2 evaluations done." in done.stderr
    shown = rematch("status", document["submission"])
    assert "Noise by Somebody: succeeded" in shown.stdout
    assert "standard" in shown.stdout
    assert json.loads(rematch("status", document["submission"], "--json").stdout) == document
    assert document["submission"] in rematch("status").stdout


def test_a_dry_run_stores_nothing(rematch, make_submission):
    done = rematch("submit", make_submission(), "--dry-run")
    assert done.exit_code == 0
    assert "OK     runs[0] scores_seed0.npy: standard: matrix for mine/test (12 images, 24 captions)" in done.stdout
    assert "0 errors, 0 warnings. Nothing was stored. It can be handed in." in done.stdout
    assert "Nothing was handed in yet" in rematch("status").stdout


@pytest.mark.parametrize("options", [["--dry-run"], []])
def test_a_broken_submission_says_why_and_ends_with_1(rematch, make_submission, options):
    path = make_submission()
    np.save(path.parent / "scores_seed1.npy", np.zeros((3, 4)))
    done = rematch("submit", path, *options)
    assert done.exit_code == 1
    assert "ERROR  runs[1] scores_seed1.npy:" in done.stdout
    machine = json.loads(rematch("submit", path, *options, "--json").stdout)
    assert machine["acceptable"] is False
    assert [one["level"] for one in machine["findings"]] == ["OK", "OK", "ERROR"]


def test_the_schema_is_printed(rematch):
    assert json.loads(rematch("submit", "--schema").stdout)["title"] == "Manifest"


@pytest.mark.parametrize("text", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_leads_nowhere_is_an_error_in_words(rematch, text):
    done = rematch("status", text)
    assert isinstance(done.exception, RematchError)
    assert "List what there is: rematch status" in str(done.exception)


def test_migrating_twice_is_harmless(rematch):
    assert rematch("migrate").exit_code == 0
    assert "is up to date" in rematch("migrate").stdout


def test_reaping_tells_what_was_lost(rematch):
    assert json.loads(rematch("reap", "--json").stdout) == {"requeued": [], "failed": []}
    assert "0 evaluations were queued again" in rematch("reap").stdout


def test_an_embedded_worker_drains_and_ends(rematch):
    assert rematch("worker", "--drain").exit_code == 0


def test_limits_in_the_wrong_order_are_refused(monkeypatch):
    monkeypatch.setenv("REMATCH_SOFT_LIMIT_SECONDS", "9999")
    with pytest.raises(RematchError, match="must be below REMATCH_HARD_LIMIT_SECONDS"):
        get_settings()
    monkeypatch.delenv("REMATCH_SOFT_LIMIT_SECONDS")
    monkeypatch.setenv("REMATCH_STALE_SECONDS", "5")
    with pytest.raises(RematchError, match="at least twice REMATCH_HEARTBEAT_SECONDS"):
        get_settings()
