"""Signs of life, and the health check that looks at them."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from worker.alive import promise, withdraw

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_ALIVE_FOLDER", str(tmp_path / "alive"))
    return tmp_path / "alive"


def check(folder, name="worker"):
    """What the check of a container finds: its exit code and its words."""
    done = subprocess.run(
        ["sh", ROOT / "deploy" / "rematch-alive", name],
        env={"REMATCH_ALIVE_FOLDER": str(folder), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


def leave(folder, name, pid, *, seconds):
    path = folder / f"{name}-{pid}"
    folder.mkdir(exist_ok=True)
    path.touch()
    os.utime(path, (time.time() + seconds,) * 2)


def an_ended_process():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_process_that_keeps_its_promise_is_healthy(folder):
    promise("worker", seconds=30)
    assert check(folder) == (0, "")


def test_a_process_that_never_gave_a_sign_is_not_healthy(folder):
    folder.mkdir()
    assert check(folder) == (1, "no worker has given a sign of life")


def test_a_promise_that_is_overdue_is_told_with_its_delay(folder):
    leave(folder, "worker", os.getpid(), seconds=-40)
    code, words = check(folder)
    assert code == 1
    assert words in {f"worker-{os.getpid()} is overdue by {n} s" for n in (40, 41)}


def test_a_sign_of_another_kind_of_process_does_not_count(folder):
    promise("reaper", seconds=30)
    assert check(folder) == (1, "no worker has given a sign of life")
    assert check(folder, "reaper") == (0, "")


def test_a_job_that_hangs_makes_its_worker_unhealthy(folder):
    promise("worker", seconds=30)
    leave(folder, "job", os.getppid(), seconds=-1)
    code, words = check(folder)
    assert code == 1
    assert words.startswith(f"job-{os.getppid()} is overdue")


def test_what_a_killed_job_left_says_nothing_of_the_worker(folder):
    promise("worker", seconds=30)
    leave(folder, "job", an_ended_process(), seconds=-1000)
    assert check(folder) == (0, "")


def test_what_a_killed_worker_left_is_no_sign_of_life(folder):
    leave(folder, "worker", an_ended_process(), seconds=1000)
    assert check(folder) == (1, "no worker has given a sign of life")


def test_a_promise_that_is_withdrawn_is_gone(folder):
    promise("job", seconds=30)
    withdraw("job")
    withdraw("job")
    assert list(folder.iterdir()) == []


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    promise("worker", seconds=30)
    withdraw("worker")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_logged_and_ends_nothing(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("REMATCH_ALIVE_FOLDER", str(tmp_path / "file" / "alive"))
    promise("worker", seconds=30)
    assert f"No sign of life could be given in {tmp_path / 'file' / 'alive'}." in caplog.text
