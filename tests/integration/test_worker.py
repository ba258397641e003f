"""From a submission to its results through a real broker, and what happens when parts die."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from submissions import reasons, store
from submissions.artifacts import artifact_store
from submissions.database import prepare, session
from submissions.intake import submit
from submissions.reasons import Reason
from submissions.status import read_status
from submissions.tables import Evaluation, Result, Status
from worker.queue import BrokerError, enqueue_evaluation, enqueue_evaluations
from worker.reaper import reap

ROOT = Path(__file__).resolve().parents[2]
SLOW_ONCE = """
import os, pathlib, time
from worker import measuring
score = measuring.score
def score_slowly(work):
    flag = pathlib.Path(os.environ["REMATCH_HOME"]) / "was-here"
    if not flag.exists():
        flag.write_text(str(os.getpid()))
        time.sleep(600)
    return score(work)
measuring.score = score_slowly
"""


@pytest.fixture
def on_broker(redis_url, monkeypatch):
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
    return redis_url


@pytest.fixture
def on_postgres(postgres_url, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    prepare()
    return postgres_url


def hand_in(path):
    with session() as opened:
        submission = submit(opened, path)
        return submission.id, [run.evaluations[0].id for run in submission.runs]


def look(submission_id):
    with session() as opened:
        return read_status(opened, submission_id)


def rematch(*arguments):
    code = "from worker.cli import app; app()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def n_results():
    with session() as opened:
        return len(opened.exec(select(Result)).all())


def test_a_submission_is_scored_by_celery_on_redis_and_postgresql(
    on_postgres, on_broker, celery_worker, make_submission
):
    with celery_worker():
        done = rematch("submit", make_submission(n_runs=3), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["status"] == "succeeded"
    assert [one["attempts"] for one in document["evaluations"]] == [1, 1, 1]
    assert all("i2t R@1" in one["values"] for one in document["evaluations"])


def test_the_same_numbers_come_from_celery_and_from_the_local_worker(
    on_postgres, on_broker, celery_worker, make_submission, monkeypatch, tmp_path
):
    path = make_submission()
    with celery_worker():
        remote = json.loads(rematch("submit", path, "--json").stdout)
    monkeypatch.delenv("REMATCH_BROKER_URL")
    monkeypatch.delenv("REMATCH_DATABASE_URL")
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "embedded"))
    local = json.loads(rematch("submit", path, "--json").stdout)
    assert local["status"] == remote["status"] == "succeeded"
    for one, other in zip(local["evaluations"], remote["evaluations"], strict=True):
        assert one["values"] == other["values"]


def test_a_killed_worker_loses_nothing_and_the_work_is_done_once(
    on_postgres, on_broker, celery_worker, make_submission, monkeypatch, wait_for, tmp_path
):
    monkeypatch.setenv("REMATCH_HEARTBEAT_SECONDS", "0.2")
    monkeypatch.setenv("REMATCH_STALE_SECONDS", "1")
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.1")
    submission_id, [evaluation_id] = hand_in(make_submission(n_runs=1))
    enqueue_evaluation(evaluation_id)
    flag = Path(os.environ["REMATCH_HOME"]) / "was-here"
    with celery_worker(SLOW_ONCE) as worker:
        wait_for(flag.exists, "The beginning of the work")
        os.killpg(worker.pid, signal.SIGKILL)
    assert look(submission_id).status is Status.RUNNING
    assert n_results() == 0
    wait_for(lambda: reap().requeued == (evaluation_id,), "The reaping")
    with celery_worker():
        wait_for(lambda: look(submission_id).status is Status.SUCCEEDED, "The second attempt")
    [one] = look(submission_id).evaluations
    assert one.attempts == 2
    assert n_results() == len(one.values)


def test_a_worker_finds_by_itself_what_its_killed_child_left(
    on_postgres, on_broker, celery_worker, make_submission, monkeypatch, wait_for
):
    monkeypatch.setenv("REMATCH_HEARTBEAT_SECONDS", "0.2")
    monkeypatch.setenv("REMATCH_STALE_SECONDS", "1")
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.1")
    monkeypatch.setenv("REMATCH_REAP_SECONDS", "0.5")
    submission_id, [evaluation_id] = hand_in(make_submission(n_runs=1))
    enqueue_evaluation(evaluation_id)
    flag = Path(os.environ["REMATCH_HOME"]) / "was-here"
    with celery_worker(SLOW_ONCE):
        wait_for(lambda: flag.exists() and flag.read_text(), "The beginning of the work")
        os.kill(int(flag.read_text()), signal.SIGKILL)
        wait_for(lambda: look(submission_id).status is Status.SUCCEEDED, "The second attempt")
    assert look(submission_id).evaluations[0].attempts == 2


def test_a_message_that_comes_twice_is_worked_on_once(on_postgres, on_broker, celery_worker, make_submission, wait_for):
    submission_id, ids = hand_in(make_submission())
    enqueue_evaluations(ids * 3)
    with celery_worker():
        wait_for(lambda: not look(submission_id).n_unfinished, "The work")
        last_id, last = hand_in(make_submission("last", system="Last"))
        enqueue_evaluations(last)
        # Messages are taken in order: once the last is done, every repeat was looked at.
        wait_for(lambda: not look(last_id).n_unfinished, "The last work")
    found = look(submission_id)
    assert [one.attempts for one in found.evaluations] == [1, 1]
    assert n_results() == sum(len(one.values) for one in (*found.evaluations, *look(last_id).evaluations))


def test_a_soft_limit_ends_an_evaluation_with_a_message(
    on_postgres, on_broker, celery_worker, make_submission, monkeypatch, wait_for
):
    monkeypatch.setenv("REMATCH_SOFT_LIMIT_SECONDS", "1")
    submission_id, ids = hand_in(make_submission(n_runs=1))
    enqueue_evaluations(ids)
    with celery_worker(SLOW_ONCE):
        wait_for(lambda: not look(submission_id).n_unfinished, "The end of the evaluation")
    [one] = look(submission_id).evaluations
    assert one.status is Status.FAILED
    assert "stopped after 1 second," in one.message


def test_a_fault_of_ours_is_tried_three_times_through_the_broker(
    on_postgres, on_broker, celery_worker, make_submission, wait_for, monkeypatch
):
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.5")
    monkeypatch.setenv("REMATCH_ANNOUNCE_SECONDS", "0.2")
    submission_id, ids = hand_in(make_submission(n_runs=1))
    enqueue_evaluations(ids)
    with celery_worker("from worker import measuring\nmeasuring.score = lambda work: 1 / 0"):
        wait_for(lambda: not look(submission_id).n_unfinished, "The last attempt")
    [one] = look(submission_id).evaluations
    assert (one.status, one.attempts, one.message) == (Status.FAILED, 3, reasons.OURS_MESSAGE)


def test_what_waited_for_a_store_that_was_away_is_scored_once_it_is_back(
    on_postgres, on_broker, celery_worker, make_submission, wait_for, monkeypatch
):
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.5")
    monkeypatch.setenv("REMATCH_ANNOUNCE_SECONDS", "0.2")
    submission_id, ids = hand_in(make_submission(n_runs=1))
    root = artifact_store().root
    root.rename(root.with_name("away"))
    enqueue_evaluations(ids)
    with celery_worker():
        wait_for(lambda: look(submission_id).evaluations[0].not_before, "The first attempt")
        root.with_name("away").rename(root)
        wait_for(lambda: not look(submission_id).n_unfinished, "A later attempt")
    [one] = look(submission_id).evaluations
    assert (one.status, one.attempts) == (Status.SUCCEEDED, 1)


def test_an_operator_has_scored_again_what_failed_through_us(
    on_postgres, on_broker, celery_worker, make_submission, wait_for
):
    submission_id, [evaluation_id] = hand_in(make_submission(n_runs=1))
    with session() as opened:
        claimed = store.claim(opened, evaluation_id)
        store.record_failure(opened, evaluation_id, reasons.OURS_MESSAGE, claim=claimed.claims, reason=Reason.INTERNAL)
    assert "1 evaluations were queued again" in rematch("requeue", "--failed").stdout
    with celery_worker():
        wait_for(lambda: look(submission_id).status is Status.SUCCEEDED, "The scoring")


def test_a_submission_is_safe_when_the_broker_is_away(on_postgres, make_submission, monkeypatch):
    monkeypatch.setenv("REMATCH_BROKER_URL", "redis://127.0.0.1:1/0")
    done = rematch("submit", make_submission(), "--no-wait", "--json")
    assert done.returncode == 0, done.stderr
    assert "is safe and stays queued" in done.stderr
    document = json.loads(done.stdout)
    assert document["status"] == "queued"


def test_what_was_queued_while_the_broker_was_away_is_announced_by_the_reaper(
    on_postgres, on_broker, make_submission, monkeypatch
):
    import redis

    hand_in(make_submission())
    monkeypatch.setenv("REMATCH_ANNOUNCE_SECONDS", "0.001")
    reap()
    with redis.Redis.from_url(on_broker) as client:
        assert client.llen("scores") == 2
        reap()
        assert client.llen("scores") == 2
    with session() as opened:
        assert all(one.enqueued_at for one in opened.exec(select(Evaluation)))


def test_a_broken_file_leaves_nothing_in_postgresql_or_in_the_store(on_postgres, make_submission):
    path = make_submission()
    (path.parent / "scores_seed1.npy").write_bytes(b"\x93NUMPY\x01\x00")
    done = rematch("submit", path)
    assert done.returncode == 1
    assert "ERROR  runs[1] scores_seed1.npy" in done.stderr
    with session() as opened:
        assert opened.exec(select(Evaluation)).all() == []
    assert not (Path(os.environ["REMATCH_HOME"]) / "artifacts").exists()


@pytest.mark.parametrize("kind", ["nobody listens", "no such database", "a password for a server without"])
def test_a_broker_error_is_told_in_words(on_postgres, redis_url, make_submission, monkeypatch, kind):
    server = redis_url.removeprefix("redis://").removesuffix("/0")
    url = {
        "nobody listens": "redis://127.0.0.1:1/0",
        "no such database": f"redis://{server}/99",
        "a password for a server without": f"redis://somebody:secret@{server}/0",
    }[kind]
    monkeypatch.setenv("REMATCH_BROKER_URL", url)
    _, ids = hand_in(make_submission())
    with pytest.raises(BrokerError, match="stays queued") as caught:
        enqueue_evaluations(ids)
    assert "secret" not in str(caught.value)
    with session() as opened:
        assert {one.status for one in opened.exec(select(Evaluation))} == {Status.QUEUED}
