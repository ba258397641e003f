"""A local worker that is killed, or whose database is locked: nothing waits for ever, nothing is lost."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from splits.errors import RematchError
from submissions import database, reasons, store
from submissions.database import session
from submissions.errors import DatabaseError
from submissions.intake import submit
from submissions.settings import get_settings
from submissions.status import read_status
from submissions.tables import Evaluation, Status
from worker import beside, following, jobs, measuring
from worker.following import follow
from worker.local import MAX_FAULTS, drain
from worker.lost import bring_back
from worker.spawned import spawn

pytestmark = pytest.mark.usefixtures("prepared")

ROOT = Path(__file__).parents[3]
DIES_ONCE = """
import os, pathlib, signal
from worker import local, measuring
score = measuring.score
def score_once_dying(work):
    flag = pathlib.Path(os.environ["REMATCH_HOME"]) / "was-here"
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return score(work)
measuring.score = score_once_dying
local.main(["--drain"])
"""
DIES = """
import os, signal
from worker import local, measuring
measuring.score = lambda work: os.kill(os.getpid(), signal.SIGKILL)
local.main(["--drain"])
"""
STAYS = """
import os
from submissions import database
database.BUSY_SECONDS = 0.1
from worker import local, measuring
{}
local.main([])
"""


@pytest.fixture
def hand_in(make_submission):
    def record(**changes):
        with session() as opened:
            return submit(opened, make_submission(**changes)).id

    return record


@pytest.fixture
def one_run(hand_in):
    return hand_in(runs=[{"file": "scores_seed0.npy", "seed": 0}])


@pytest.fixture
def impatient(monkeypatch):
    """Wait a tenth of a second for a lock, and hardly at all after a fault."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    monkeypatch.setenv("REMATCH_POLL_SECONDS", "0.02")
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.001")
    database.forget_connections()


@pytest.fixture
def start(monkeypatch):
    """Start Python code as a local worker; also what `follow` starts from then on."""
    started = []

    def run(code):
        def spawn():
            process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
            started.append(process)
            return process

        monkeypatch.setattr(following, "spawn", spawn)
        return spawn()

    yield run
    for process in started:
        process.kill()
        process.wait()


@contextmanager
def locked():
    with closing(sqlite3.connect(get_settings().home / "rematch.db", isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def locked_for(seconds):
    """Hold a lock from now on, for some time, in a thread."""
    begun = threading.Event()

    def hold():
        with locked():
            begun.set()
            time.sleep(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(10)
    yield
    thread.join()


def look(submission_id):
    with session() as opened:
        return read_status(opened, submission_id).evaluations


def wait_for(is_true):
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_local_worker_is_replaced_at_once_and_its_work_done(hand_in, start):
    said = []
    submission_id, begun = hand_in(), time.monotonic()
    found = follow(submission_id, start(DIES_ONCE), say=said.append)
    assert time.monotonic() - begun < 60
    assert [one.status for one in found.evaluations] == [Status.SUCCEEDED] * 2
    assert sorted(one.attempts for one in found.evaluations) == [1, 2]
    assert "The local worker was killed, perhaps for want of memory; starting another." in said


def test_what_kills_every_worker_fails_in_words(one_run, start):
    found = follow(one_run, start(DIES), say=lambda _: None)
    [one] = found.evaluations
    assert (one.status, one.attempts, one.message) == (Status.FAILED, reasons.MAX_ATTEMPTS, reasons.LOST_MESSAGE)


def test_following_ends_when_no_worker_gets_on_with_it(hand_in, start):
    said = []
    found = follow(hand_in(), start("raise SystemExit(3)"), say=said.append)
    assert found.n_unfinished == 2
    assert said.count("The local worker ended with exit code 3; starting another.") == following.MAX_RESTARTS
    assert said[-1].startswith("2 of 2 evaluations are unfinished and stay queued: 4 local workers ended without")
    assert said[-1].endswith("To go on: rematch worker --drain")


def test_only_what_the_ended_process_ran_is_brought_back(hand_in):
    submission_id = hand_in()
    host = socket.gethostname()
    with session() as opened:
        for one, worker in zip(look(submission_id), (f"{host}:123 cpu", f"{host}:1234 cpu"), strict=True):
            assert store.claim(opened, one.id, worker=worker)
    first, second = look(submission_id)
    assert bring_back(12).requeued == ()
    assert bring_back(123, only=[second.id]).requeued == ()
    assert bring_back(123).requeued == (first.id,)
    assert [one.status for one in look(submission_id)] == [Status.QUEUED, Status.RUNNING]


def test_a_lock_that_passes_does_not_end_a_worker(hand_in, impatient):
    submission_id = hand_in()
    with locked_for(0.5):
        assert drain() == 2
    assert {one.status for one in look(submission_id)} == {Status.SUCCEEDED}


def locking_once(monkeypatch, seconds):
    """Lock the database for some time at the end of the first scoring; returns what ends the lock."""
    score, lock = measuring.score, []

    def score_and_lock(work):
        report = score(work)
        if not lock:
            lock.append(locked_for(seconds))
            lock[0].__enter__()
        return report

    monkeypatch.setattr(measuring, "score", score_and_lock)
    return lambda: lock[0].__exit__(None, None, None)


def test_a_result_that_cannot_be_recorded_at_once_is_kept_until_it_can(one_run, impatient, monkeypatch):
    unlock = locking_once(monkeypatch, 0.5)
    try:
        assert drain() == 1
    finally:
        unlock()
    [one] = look(one_run)
    assert (one.status, one.attempts) == (Status.SUCCEEDED, 1)


def test_a_result_that_could_not_be_recorded_for_too_long_is_worked_out_again(one_run, impatient, monkeypatch):
    monkeypatch.setenv("REMATCH_STALE_SECONDS", "0.2")
    monkeypatch.setenv("REMATCH_HEARTBEAT_SECONDS", "0.1")
    unlock = locking_once(monkeypatch, 1.0)
    try:
        assert drain() == 1
    finally:
        unlock()
    [one] = look(one_run)
    assert (one.status, one.attempts) == (Status.SUCCEEDED, 2)


def test_a_lock_that_stays_ends_a_draining_worker_with_its_message(one_run, impatient, caplog):
    with locked(), pytest.raises(DatabaseError, match="is in use: another process has held its lock"):
        drain()
    assert caplog.text.count(" in a row; going on in ") == MAX_FAULTS - 1
    assert look(one_run)[0].status is Status.QUEUED


def test_a_worker_that_stays_outlives_a_lock(one_run, start, monkeypatch):
    monkeypatch.setenv("REMATCH_POLL_SECONDS", "0.05")
    with locked_for(2):
        process = start(STAYS.format("import pathlib; pathlib.Path(os.environ['REMATCH_HOME'], 'on').touch()"))
        wait_for((get_settings().home / "on").exists)
    wait_for(lambda: look(one_run)[0].status is Status.SUCCEEDED)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_worker_that_is_told_to_stop_stops_although_the_database_is_locked(one_run, start):
    process = start(STAYS.format("import time\nmeasuring.score = lambda work: time.sleep(60)"))
    wait_for(lambda: look(one_run)[0].status is Status.RUNNING)
    with locked():
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert look(one_run)[0].status is Status.RUNNING
    assert bring_back(process.pid).requeued == (look(one_run)[0].id,)


def test_a_worker_whose_log_cannot_be_written_is_an_error_in_words():
    (get_settings().home / "logs").write_text("in the way")
    with pytest.raises(RematchError, match=r"What was handed in is safe\. Mend that, then run: rematch worker --drain"):
        spawn()


def test_serve_replaces_a_dead_worker_with_growing_pauses_and_says_so(one_run, start, monkeypatch):
    said = []
    monkeypatch.setattr(beside, "_FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.001")
    workers = []

    def start_worker():
        workers.append(start(DIES))
        return workers[-1]

    monkeypatch.setattr(beside, "_start_worker", start_worker)
    with beside._local_worker(said.append) as look_after:
        wait_for(lambda: look_after() or look(one_run)[0].status is Status.FAILED)
        n_started = len(workers)
    assert n_started >= reasons.MAX_ATTEMPTS
    assert "The local worker ended (-9); another starts in 0.05 s." in said
    assert "The local worker ended (-9); another starts in 0.1 s." in said
    assert all(one.poll() is not None for one in workers)
    with session() as opened:
        assert opened.get_one(Evaluation, look(one_run)[0].id).message == reasons.LOST_MESSAGE


def test_a_local_worker_ends_when_whoever_started_it_was_killed(one_run, tmp_path):
    code = "from worker import beside; print(beside._start_worker().pid, flush=True); import time; time.sleep(60)"
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    pid = int(starter.stdout.readline())
    wait_for(lambda: look(one_run)[0].status is Status.SUCCEEDED)
    assert Path(f"/proc/{pid}").exists()
    starter.kill()
    starter.communicate()
    wait_for(lambda: not Path(f"/proc/{pid}").exists())


def test_a_process_of_ours_is_named_as_the_worker_column_names_it(one_run):
    [one] = look(one_run)
    with session() as opened:
        store.claim(opened, one.id, worker=jobs.process_name())
    assert bring_back(os.getpid()).requeued == (one.id,)
