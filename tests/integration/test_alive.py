"""Whether a real worker keeps its promise to be alive exactly as long as it is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from submissions import lost_work, store
from submissions.database import prepare, session
from submissions.intake import submit
from worker.queue import enqueue_evaluations

ROOT = Path(__file__).resolve().parents[2]
IMPATIENT = """
from worker import consumer_alive
consumer_alive.BEAT_SECONDS, consumer_alive.PATIENCE_SECONDS = 0.2, 2.0
"""
SLOW = (
    IMPATIENT
    + """
import time
from worker import measuring
measuring.score = lambda work: time.sleep(600)
"""
)
HANGS_WHEN_TOLD = (
    IMPATIENT
    + """
import signal, time
signal.signal(signal.SIGUSR2, lambda *_: time.sleep(600))
"""
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_ALIVE_FOLDER", str(tmp_path / "alive"))
    return tmp_path / "alive"


@pytest.fixture
def on_broker(postgres_url, redis_url, monkeypatch):
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
    prepare()


def is_alive(folder, name="worker"):
    check = ["sh", str(ROOT / "deploy" / "rematch-alive"), name]
    return subprocess.run(check, env=os.environ, stdout=subprocess.DEVNULL, check=False).returncode == 0


def stays(condition, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not condition():
            return False
        time.sleep(0.1)
    return True


def test_a_busy_worker_is_alive(folder, on_broker, celery_worker, make_submission, wait_for):
    with session() as opened:
        queued = [run.evaluations[0].id for run in submit(opened, make_submission(n_runs=1)).runs]
    enqueue_evaluations(queued)
    with celery_worker(SLOW):
        wait_for(lambda: list(folder.glob("job-*")), "A job")
        assert stays(lambda: is_alive(folder), seconds=6)


def test_a_stopped_worker_is_not_alive_until_it_goes_on(folder, on_broker, celery_worker, wait_for):
    with celery_worker(IMPATIENT) as worker:
        wait_for(lambda: is_alive(folder), "A sign of life")
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            wait_for(lambda: not is_alive(folder), "The silence of a stopped worker", seconds=10)
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        wait_for(lambda: is_alive(folder), "Another sign of life", seconds=10)


def test_a_worker_whose_loop_hangs_is_not_alive(folder, on_broker, celery_worker, wait_for):
    with celery_worker(HANGS_WHEN_TOLD) as worker:
        wait_for(lambda: is_alive(folder), "A sign of life")
        os.kill(worker.pid, signal.SIGUSR2)
        wait_for(lambda: not is_alive(folder), "The silence of a worker that hangs", seconds=10)
        worker.kill()


def test_a_worker_that_looks_for_its_broker_is_alive(folder, on_broker, monkeypatch, wait_for):
    # Nobody listens there.
    monkeypatch.setenv("REMATCH_BROKER_URL", "redis://127.0.0.1:1/0")
    code = f"{IMPATIENT}\nfrom worker.cli import app\napp(['worker'])"
    worker = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    try:
        wait_for(lambda: is_alive(folder), "A sign of life")
        assert stays(lambda: is_alive(folder), seconds=6)
        os.kill(worker.pid, signal.SIGSTOP)
        wait_for(lambda: not is_alive(folder), "The silence of a stopped worker", seconds=10)
    finally:
        worker.kill()
        worker.wait()


@pytest.fixture
def reaper(tmp_path):
    """A reaper of its own process, and its log."""
    log = tmp_path / "reaper.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", "from worker.cli import app; app(['reap', '--every', '1'])"],
            stdout=output, stderr=output, cwd=ROOT,
        )  # fmt: skip
    yield process, log
    process.kill()
    process.wait()


@pytest.fixture
def with_nothing_there(monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("REMATCH_BROKER_URL", "redis://127.0.0.1:1/0")


def test_the_reaper_outlives_a_database_and_a_broker_that_are_away(folder, with_nothing_there, reaper, wait_for):
    process, log = reaper
    wait_for(lambda: log.read_text().count("cannot be looked for") >= 2, "Two rounds")
    assert is_alive(folder, "reaper")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=40) == 0


def test_the_reaper_brings_back_what_was_lost_and_ends_when_told(
    folder, on_broker, make_submission, monkeypatch, reaper, wait_for
):
    with session() as opened:
        lost = submit(opened, make_submission(n_runs=1)).runs[0].evaluations[0].id
        store.claim(opened, lost, worker="elsewhere:1")
        lost_work.give_up(opened, "elsewhere:1")
    process, log = reaper
    wait_for(lambda: f"queued again: {lost}" in log.read_text(), "The return of what was lost")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=40) == 0
