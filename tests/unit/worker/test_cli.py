"""The commands as people type them."""

import json
import shutil

import numpy as np
import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner

from splits.errors import RematchError
from submissions import store
from submissions.artifacts import artifact_store
from submissions.cli import app as submissions_app
from submissions.database import session
from submissions.errors import AlreadySubmittedError, SettingsError
from submissions.intake import submit
from submissions.reasons import Reason
from submissions.settings import get_settings as places
from submissions.tables import Evaluation, Submission
from worker import following
from worker.cli import app as worker_app
from worker.settings import get_settings
from worker.spawned import spawn

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
    told, silent = (done.stdout, done.stderr) if options else (done.stderr, done.stdout)
    assert "ERROR  runs[1] scores_seed1.npy:" in told
    assert "ERROR" not in silent
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


@pytest.mark.parametrize("url", ["", "redis://localhost:1/0"])
def test_a_queue_that_is_not_there_is_refused_with_and_without_a_broker(rematch, monkeypatch, url):
    monkeypatch.setenv("REMATCH_BROKER_URL", url)
    done = rematch("worker", "--queue", "nonsense")
    assert done.exit_code == 2
    assert "there is no queue 'nonsense'; there are scores and models" in " ".join(
        done.stderr.replace("│", " ").split()
    )


def fail_all(reason):
    with session() as opened:
        for one in opened.exec(select(Evaluation)):
            claimed = store.claim(opened, one.id)
            store.record_failure(opened, one.id, "No.", claim=claimed.claims, reason=reason)


def queue(path):
    with session() as opened:
        return submit(opened, path).id


def test_what_failed_through_us_is_queued_again_by_one_command(rematch, make_submission, spawned):
    queue(make_submission())
    assert json.loads(rematch("requeue", "--failed", "--json").stdout) == {"requeued": []}
    assert spawned == []
    fail_all(Reason.INTERNAL)
    assert "2 evaluations were queued again." in rematch("requeue", "--failed").stdout
    assert len(spawned) == 1


def test_what_failed_through_its_file_is_queued_again_only_by_name(rematch, make_submission, spawned):
    submission_id = queue(make_submission())
    fail_all(Reason.INPUT)
    assert "0 evaluations were queued again." in rematch("requeue", "--failed").stdout
    assert "2 evaluations were queued again." in rematch("requeue", submission_id).stdout
    assert len(spawned) == 1


@pytest.mark.parametrize("arguments", [[], ["--failed", "00000000-0000-0000-0000-000000000000"]])
def test_requeueing_takes_names_or_all(rematch, arguments):
    assert rematch("requeue", *arguments).exit_code == 2


@pytest.fixture
def spawned(monkeypatch):
    """The local workers that would have been started: none is."""
    started = []
    monkeypatch.setattr(following, "spawn", lambda: started.append(None))
    return started


def test_handing_the_same_in_again_is_refused_once_all_is_well(rematch, make_submission):
    assert rematch("submit", make_submission()).exit_code == 0
    again = rematch("submit", make_submission())
    assert isinstance(again.exception, AlreadySubmittedError)


def test_handing_the_same_in_again_scores_what_failed_through_us(rematch, make_submission):
    submission_id = queue(make_submission())
    fail_all(Reason.INTERNAL)
    done = rematch("submit", make_submission(), "--json")
    assert done.exit_code == 0, done.output
    assert f"Handed in before, as submission {submission_id}: 2 evaluations queued again" in done.stderr
    assert json.loads(done.stdout)["status"] == "succeeded"


def test_a_local_worker_that_cannot_reach_the_files_leaves_all_queued_and_says_so(
    rematch, make_submission, monkeypatch
):
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "100")
    queue(make_submission())
    shutil.rmtree(artifact_store().root)
    process = spawn()
    assert process.wait(60) == 0
    log = (places().home / "logs" / "worker.log").read_text()
    assert "2 stay queued, to be tried again later" in log
    assert "is missing from" in log
    assert "waits for this board, not for you" in " ".join(rematch("status", one_submission()).stdout.split())


def one_submission():
    with session() as opened:
        return opened.exec(select(Submission.id)).one()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense://x", "is of the kind 'nonsense'"),
        ("redis:///0", "names no host"),
        ("rediss:///x", "names no host"),
        ("redis://ho st/0", "names no host"),
        ("redis://me:secret@localhost/zero", "has the database 'zero', which is no number"),
        ("redis://me:secret@localhost:port", "is no address"),
        ("unix://", "names no socket"),
        ("localhost", "is no address"),
    ],
)
def test_a_broker_that_cannot_be_one_is_refused_before_anything_is_handed_in(
    rematch, make_submission, monkeypatch, url, message
):
    monkeypatch.setenv("REMATCH_BROKER_URL", url)
    done = rematch("submit", make_submission())
    assert isinstance(done.exception, SettingsError)
    assert message in str(done.exception)
    assert "secret" not in str(done.exception)
    with session() as opened:
        assert opened.exec(select(Submission)).all() == []


@pytest.mark.parametrize(
    ("url", "spelt"),
    [
        ("redis://localhost", "redis://localhost"),
        ("rediss://me:word@db.example:6380/3", "rediss://me:word@db.example:6380/3"),
        ("redis://[::1]:6379/0", "redis://[::1]:6379/0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("", None),
    ],
)
def test_addresses_of_brokers_that_are_taken(monkeypatch, url, spelt):
    monkeypatch.setenv("REMATCH_BROKER_URL", url)
    assert get_settings().broker_url == spelt


def test_limits_in_the_wrong_order_are_refused(monkeypatch):
    monkeypatch.setenv("REMATCH_SOFT_LIMIT_SECONDS", "9999")
    with pytest.raises(RematchError, match="must be below REMATCH_HARD_LIMIT_SECONDS"):
        get_settings()
    monkeypatch.delenv("REMATCH_SOFT_LIMIT_SECONDS")
    monkeypatch.setenv("REMATCH_STALE_SECONDS", "5")
    with pytest.raises(RematchError, match="at least twice REMATCH_HEARTBEAT_SECONDS"):
        get_settings()
