"""Several reapers at once, and the outbox: what was committed reaches the queue, once, whoever died."""

import json
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
import redis
from sqlmodel import select

from submissions import store
from submissions.database import forget_connections, session
from submissions.intake import submit
from submissions.tables import Evaluation, Status, now
from tests.submission_files import write_submission
from worker.reaper import reap

N = 30


@pytest.fixture
def quiet(postgres_url, redis_url, monkeypatch):
    """A database and a broker that no worker looks at."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
        monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
        monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
        monkeypatch.setenv("REMATCH_ANNOUNCE_SECONDS", "0.01")
        monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.01")
        yield client
    forget_connections()


def messages(client):
    """Count the messages for each evaluation."""
    raw = [json.loads(one) for one in client.lrange("scores", 0, -1)]
    return Counter(one["headers"]["argsrepr"] for one in raw)


def reap_at_once(n):
    barrier, errors = threading.Barrier(n), []

    def run():
        barrier.wait()
        try:
            for _ in range(3):
                reap()
                time.sleep(0.05)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_reapers_that_work_at_once_send_one_message_for_each_evaluation(quiet, tmp_path):
    with session() as opened:
        submit(opened, write_submission(tmp_path / "many", n_runs=N))
        ids = list(opened.exec(select(Evaluation.id)))
        for evaluation_id in ids[: N // 2]:
            store.claim(opened, evaluation_id, worker="dead:1").heartbeat_at = now() - timedelta(hours=1)
    reap_at_once(4)
    assert messages(quiet) == {f"['{evaluation_id}']": 1 for evaluation_id in ids}
    with session() as opened:
        found = list(opened.exec(select(Evaluation)))
    assert {one.status for one in found} == {Status.QUEUED}
    assert all(one.enqueued_at for one in found)
    assert sorted(one.claims for one in found) == [0] * (N - N // 2) + [1] * (N // 2)


def test_a_lost_message_is_sent_again_and_one_that_only_waits_long_is_not(quiet, tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_RESEND_SECONDS", "0.2")
    with session() as opened:
        submit(opened, write_submission(tmp_path / "two", n_runs=2))
    time.sleep(0.05)
    reap()
    time.sleep(0.5)
    reap()
    assert sorted(messages(quiet).values()) == [1, 1]
    # Taken by a worker that died before its claim: the other message, sent at the same time, is the next to be taken.
    quiet.rpop("scores")
    reap()
    assert sorted(messages(quiet).values()) == [1]
    quiet.rpop("scores")
    reap()
    assert sorted(messages(quiet).values()) == [1, 1]


def test_a_submission_whose_process_died_before_it_told_the_queue_is_scored_within_seconds(working):
    handed = working.hand_in(n_runs=2, enqueue=False)
    begun = time.monotonic()
    assert [one.status for one in handed.wait()] == [Status.SUCCEEDED] * 2
    assert time.monotonic() - begun < 20
