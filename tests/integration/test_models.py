"""Models through a real broker: who takes them, how often they are announced, and what a killed worker costs."""

import os
import signal
from pathlib import Path

import pytest
import yaml

from submissions.database import prepare, session
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Evaluation, Status
from tests.unit.evaluator.tiny_models import write_tiny_open_clip
from worker.queue import enqueue_evaluations
from worker.reaper import reap

MODEL = {
    "system": "CCA",
    "submitter": "Ada",
    "setting": "trained-from-scratch",
    "model": "cca:baseline",
    "protocols": ["toy-scene", "toy-scene-1cap", "toy-object"],
    "seeds": [0, 1],
}
HANGS_AFTER_ENCODING = """
import os, pathlib, time
import evaluator.evaluation
def hang(*words, **options):
    (pathlib.Path(os.environ["REMATCH_HOME"]) / "was-here").write_text("encoded")
    time.sleep(600)
evaluator.evaluation.evaluate = hang
"""


@pytest.fixture
def broker(redis_url, monkeypatch):
    import redis

    client = redis.Redis.from_url(redis_url)
    client.flushall()
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
    yield client
    client.close()


@pytest.fixture
def on_postgres(postgres_url, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    prepare()


@pytest.fixture
def hand_in(on_postgres, broker, tmp_path):
    def hand_in(**changes):
        path = tmp_path / "submission.yaml"
        path.write_text(yaml.safe_dump({**MODEL, **changes}))
        with session() as opened:
            submission_id = submit(opened, path).id
        enqueue_evaluations(look(submission_id).queued)
        return submission_id

    return hand_in


def look(submission_id):
    with session() as opened:
        return read_status(opened, submission_id)


def record_of(evaluation_id):
    with session() as opened:
        return opened.get_one(Evaluation, evaluation_id).run_record


def test_a_worker_for_models_runs_them_and_hears_once_of_each_run_and_dataset(hand_in, broker, celery_worker, wait_for):
    submission_id = hand_in()
    assert (broker.llen("models"), broker.llen("scores")) == (4, 0)
    with celery_worker(queue="models"):
        wait_for(lambda: look(submission_id).n_unfinished == 0, "The end of all evaluations", seconds=120)
    found = look(submission_id)
    assert found.status is Status.SUCCEEDED
    assert [one.attempts for one in found.evaluations] == [1] * 6


def test_a_worker_for_scores_leaves_models_alone(hand_in, broker, celery_worker, make_submission, wait_for):
    models_id = hand_in()
    with session() as opened:
        scores_id = submit(opened, make_submission()).id
    enqueue_evaluations(look(scores_id).queued)
    with celery_worker():
        wait_for(lambda: look(scores_id).status is Status.SUCCEEDED, "The end of the score files")
    assert len(look(models_id).queued) == 6
    assert broker.llen("models") == 4


def test_what_a_killed_worker_encoded_is_not_encoded_again(hand_in, celery_worker, monkeypatch, wait_for):
    monkeypatch.setenv("REMATCH_HEARTBEAT_SECONDS", "0.2")
    monkeypatch.setenv("REMATCH_STALE_SECONDS", "1")
    submission_id = hand_in(protocols=["toy-scene"], seeds=[0])
    flag = Path(os.environ["REMATCH_HOME"]) / "was-here"
    with celery_worker(HANGS_AFTER_ENCODING, queue="models") as worker:
        wait_for(flag.exists, "The end of the encoding", seconds=120)
        wait_for(lambda: look(submission_id).evaluations[0].progress, "A sign of life that says how far it is")
        os.killpg(worker.pid, signal.SIGKILL)
    wait_for(lambda: reap().requeued, "The reaping")
    with celery_worker(queue="models"):
        wait_for(lambda: look(submission_id).status is Status.SUCCEEDED, "The second attempt", seconds=120)
    [one] = look(submission_id).evaluations
    assert one.attempts == 2
    record = record_of(one.id)
    assert (record["images_from_cache"], record["captions_from_cache"]) == (250, 1250)


def test_torch_is_loaded_after_the_fork_alone(hand_in, celery_worker, wait_for, tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))
    write_tiny_open_clip(tmp_path / "weights" / "clip")
    reference = "open_clip:local-dir:clip"
    submission_id = hand_in(model=reference, setting="zero-shot", protocols=["toy-object"], seeds=[0])
    with celery_worker(queue="models") as worker:
        wait_for(lambda: look(submission_id).n_unfinished == 0, "The end of the model", seconds=200)
        [child] = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
        loaded = {pid: "libtorch" in Path(f"/proc/{pid}/maps").read_text() for pid in (str(worker.pid), child)}
    assert look(submission_id).status is Status.SUCCEEDED, look(submission_id).evaluations[0].message
    assert loaded == {str(worker.pid): False, child: True}
