"""A command that its user stops in the midst of the work: one line, the exit code of the signal, nothing lost."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from sqlmodel import select

from submissions import database
from submissions.tables import Evaluation, Status
from tests.unit.evaluator.tiny_models import write_tiny_open_clip

pytestmark = pytest.mark.usefixtures("prepared", "without_hub")

SLOW = (
    "import os, pathlib, sys, time\n"
    "from splits import pictures\n"
    "fast = pictures.open_picture\n"
    "def slow(path):\n"
    "    if path.name == 'box-8.png':\n"
    "        pathlib.Path(os.environ['REMATCH_HOME'], 'on').touch()\n"
    "        time.sleep(3)\n"
    "    return fast(path)\n"
    "pictures.open_picture = slow\n"
    "from leaderboard.cli import main\n"
    "sys.argv = ['rematch', *sys.argv[1:]]\n"
    "main()"
)
"""Rematch on a slow disk: the signal is sent while the ninth of twelve pictures is waited for."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_says_what_is_kept_and_goes_on_when_it_is_given_again(tmp_path, small_split, number):
    write_tiny_open_clip(tmp_path / "var" / "weights" / "tiny")
    words = ["run", "open_clip:local-dir:tiny", "--split", str(small_split), "--setting", "zero-shot"]
    words += ["--batch-size", "4", "--device", "cpu", "--json"]
    process = subprocess.Popen([sys.executable, "-c", SLOW, *words], stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "var" / "on").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    *_, last = told.strip().splitlines()
    assert last == (
        "Stopped. What is encoded and scored so far is kept, and nothing runs any more. To go on: the same command"
        " again."
    )
    with database.session() as opened:
        [one] = opened.exec(select(Evaluation)).all()
        assert one.status is Status.QUEUED
        assert one.attempts == 0
    again = subprocess.run([sys.executable, "-m", "leaderboard.cli", *words], stdout=subprocess.PIPE, check=True)
    assert json.loads(again.stdout)["status"] == "succeeded"


def test_a_stopped_study_does_not_go_on_with_the_next_model(tmp_path):
    stop = (
        "import os, signal, sys, evaluator.evaluation\n"
        "evaluator.evaluation.evaluate = lambda *words, **options: os.kill(os.getpid(), signal.SIGINT)\n"
        "from leaderboard.cli import main\n"
        "sys.argv = ['rematch', *sys.argv[1:]]\n"
        "main()"
    )
    words = ["study", "scene-vs-object", "--models", "cca:baseline,cca:baseline", "--datasets", "toy-object"]
    process = subprocess.run([sys.executable, "-c", stop, *words], capture_output=True, text=True, check=False)
    assert process.returncode == 130
    assert process.stderr.count("Recorded as submission") == 1
    assert process.stdout == ""
    with database.session() as opened:
        assert {one.status for one in opened.exec(select(Evaluation)).all()} == {Status.QUEUED}
