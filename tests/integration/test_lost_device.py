"""A worker's process whose device is lost to it, as CUDA's is after some errors, ends, and costs no evaluation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from submissions.database import prepare, session
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Evaluation, Status
from tests.unit.evaluator.tiny_models import tiny_open_clip_config, write_tiny_open_clip
from worker.queue import enqueue_evaluations

ROOT = Path(__file__).resolve().parents[2]
CCA = {"setting": "trained-from-scratch", "model": "cca:baseline"}
LOSES_IT_EVERY_TIME = """
import worker.tasks
worker.tasks.has_lost_device = lambda: True
"""
LOSES_IT_ONCE = """
import os
import worker.fresh_process, worker.local
is_first = "BEGUN" not in os.environ
os.environ["BEGUN"] = "yes"
worker.fresh_process.has_lost_device = lambda: is_first
worker.local.main(["--drain"])
"""


@pytest.fixture
def broker(redis_url, monkeypatch):
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)


@pytest.fixture
def hand_in(monkeypatch, tmp_path):
    """Hands in a model and tells the broker, if there is one; everything is kept in this test's home."""
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.1")
    prepare()

    def hand_in(**stated):
        path = tmp_path / "submission.yaml"
        path.write_text(
            yaml.safe_dump({"submitter": "Ada", "setting": "zero-shot", "protocols": ["toy-object"], **stated})
        )
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


def write_models(folder):
    """A model that works on a GPU, and one whose tokens are beyond its table of embeddings, which breaks CUDA there."""
    config = tiny_open_clip_config()
    config["text_cfg"]["vocab_size"] = 1000
    write_tiny_open_clip(folder / "broken", config=config)
    write_tiny_open_clip(folder / "whole")


def run_worker(*command):
    """Run a worker without a broker until nothing is queued; returns its log."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_every_process_ends_after_its_task_and_the_next_one_goes_on(broker, hand_in, celery_worker, wait_for):
    submission_id = hand_in(system="CCA", seeds=[0, 1, 2], **CCA)
    with celery_worker(LOSES_IT_EVERY_TIME, queue="models"):
        wait_for(lambda: look(submission_id).n_unfinished == 0, "The end of all evaluations", seconds=150)
    found = look(submission_id)
    assert found.status is Status.SUCCEEDED
    assert [one.attempts for one in found.evaluations] == [1] * 3
    assert len({one.worker for one in found.evaluations}) == 3


def test_a_worker_without_a_broker_begins_its_command_anew(hand_in):
    submission_id = hand_in(system="CCA", seeds=[0, 1], **CCA)
    log = run_worker("-c", LOSES_IT_ONCE)
    assert log.count("The device is lost to this process: the worker starts anew.") == 1
    assert log.count("The local worker is ready.") == 2
    assert [one.attempts for one in look(submission_id).evaluations] == [1, 1]
    assert look(submission_id).status is Status.SUCCEEDED


@pytest.mark.gpu
def test_a_model_is_run_on_the_gpu_by_the_child_of_a_worker(broker, hand_in, celery_worker, wait_for, tmp_path):
    import torch

    write_models(tmp_path / "weights")
    submission_id = hand_in(system="tiny", model="open_clip:local-dir:whole")
    with celery_worker(queue="models"):
        wait_for(lambda: look(submission_id).n_unfinished == 0, "The end of the model", seconds=200)
    [one] = look(submission_id).evaluations
    assert one.status is Status.SUCCEEDED, one.message
    assert one.worker.endswith(" cuda")
    record = record_of(one.id)
    assert record["environment"]["device_name"] == torch.cuda.get_device_name(0)
    assert (record["environment"]["device"], record["peak_memory_of"]) == ("cuda", "device")
    assert record["is_deterministic"] is True


@pytest.mark.gpu
def test_a_model_that_breaks_cuda_fails_alone(broker, hand_in, celery_worker, wait_for, tmp_path):
    write_models(tmp_path / "weights")
    broken_id = hand_in(system="broken", model="open_clip:local-dir:broken")
    with celery_worker(queue="models"):
        wait_for(lambda: look(broken_id).evaluations[0].attempts, "The first attempt", seconds=100)
        whole_id = hand_in(system="whole", model="open_clip:local-dir:whole")
        wait_for(lambda: not look(broken_id).n_unfinished, "The end of the broken model", seconds=250)
        wait_for(lambda: not look(whole_id).n_unfinished, "The end of the other model", seconds=100)
    check_that_one_failed(broken_id, whole_id)


@pytest.mark.gpu
def test_a_model_that_breaks_cuda_fails_alone_without_a_broker_too(hand_in, tmp_path):
    write_models(tmp_path / "weights")
    broken_id, whole_id = (hand_in(system=name, model=f"open_clip:local-dir:{name}") for name in ("broken", "whole"))
    log = run_worker("-m", "worker.local", "--drain")
    assert log.count("The device is lost to this process: the worker starts anew.") == 3
    check_that_one_failed(broken_id, whole_id)


def check_that_one_failed(broken_id, whole_id):
    [broken], [whole] = look(broken_id).evaluations, look(whole_id).evaluations
    assert (broken.status, broken.attempts) == (Status.FAILED, 3)
    assert whole.status is Status.SUCCEEDED, whole.message
    assert os.environ["REMATCH_WEIGHTS"] not in broken.message
