"""Jobs that take all the time or all the memory: stopped, stated, never charged, and the worker goes on."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from submissions import database, reasons
from submissions.database import session
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Evaluation, Status
from tests.integration.faults import points
from tests.submission_files import write_submission
from worker.queue import enqueue_evaluations

ROOT = Path(__file__).resolve().parents[3]


def our_fault(evaluation_id):
    with session() as opened:
        return opened.get_one(Evaluation, evaluation_id).our_fault


def test_what_heeds_no_signal_is_killed_at_its_hard_limit_and_fails_as_too_long(working, monkeypatch):
    monkeypatch.setenv("REMATCH_SOFT_LIMIT_SECONDS", "1")
    monkeypatch.setenv("REMATCH_HARD_LIMIT_SECONDS", "2")
    handed = working.hand_in(enqueue=False)
    points.plan(handed.evaluation_ids[0], "ranking", "block")
    begun = time.monotonic()
    enqueue_evaluations(handed.evaluation_ids)
    [one] = handed.wait()
    assert time.monotonic() - begun < 20
    assert (one.status, one.attempts, one.reason) == (Status.FAILED, 1, "time-limit")
    assert one.message.startswith("It was stopped by force after 2 seconds,")
    assert our_fault(one.id)


def test_what_heeds_signals_is_stopped_at_its_soft_limit(working, monkeypatch):
    monkeypatch.setenv("REMATCH_SOFT_LIMIT_SECONDS", "1")
    handed = working.hand_in(enqueue=False)
    points.plan(handed.evaluation_ids[0], "ranking", "hang")
    enqueue_evaluations(handed.evaluation_ids)
    [one] = handed.wait()
    assert (one.status, one.attempts, one.reason) == (Status.FAILED, 1, "time-limit")


def test_what_takes_too_much_memory_fails_after_its_attempts_and_its_process_goes_on(working):
    handed = working.hand_in(enqueue=False)
    points.plan(handed.evaluation_ids[0], "ranking", "memory", times=reasons.MAX_ATTEMPTS)
    enqueue_evaluations(handed.evaluation_ids)
    [one] = handed.wait()
    assert (one.status, one.attempts, one.reason) == (Status.FAILED, reasons.MAX_ATTEMPTS, "memory")
    assert one.message == reasons.MEMORY_MESSAGE
    assert our_fault(one.id)
    for line in one.log:
        if "Taken by worker" in line:
            os.kill(int(line.rpartition(":")[2].rstrip(".")), 0)


def test_a_real_file_that_unpacks_beyond_the_limit_is_stopped_by_it(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.01")
    path = write_submission(tmp_path / "large", n_runs=1)
    large_split(path.parent)
    database.prepare()
    with session() as opened:
        submission_id = submit(opened, path).id
    monkeypatch.setenv("REMATCH_JOB_MEMORY_MB", "80")
    subprocess.run([sys.executable, "-m", "worker.local", "--drain"], cwd=ROOT, check=True, capture_output=True)
    with session() as opened:
        [one] = read_status(opened, submission_id).evaluations
    assert (one.status, one.reason, one.attempts) == (Status.FAILED, "memory", reasons.MAX_ATTEMPTS)
    database.forget_connections()


def large_split(folder):
    """Replace split and scores by some that take 96 MB, packed to a tenth."""
    images, captions = [f"image-{n}" for n in range(3000)], [f"caption-{n}" for n in range(4000)]
    pairs = [[caption, images[n % len(images)]] for n, caption in enumerate(captions)]
    split = {"name": "mine/test", "centricity": "scene", "images": images, "captions": captions, "pairs": pairs}
    (folder / "my_split.json").write_text(json.dumps(split))
    scores = np.random.default_rng(0).integers(0, 100, (len(images), len(captions))).astype(np.float64)
    (folder / "scores_seed0.npy").unlink()
    np.savez_compressed(folder / "scores_seed0.npz", scores=scores)
    manifest = folder / "submission.yaml"
    manifest.write_text(manifest.read_text().replace("scores_seed0.npy", "scores_seed0.npz"))
