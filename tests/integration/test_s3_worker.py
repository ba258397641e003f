"""From `rematch submit` on one machine to a worker on another, with only PostgreSQL, Redis and S3 between them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from sqlmodel import select

from submissions import store
from submissions.artifacts import artifact_store, digest_of
from submissions.database import prepare, session
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Evaluation, Status, SubmittedRun
from tests.s3_server import S3Server
from tests.unit.evaluator.tiny_models import write_tiny_clip
from worker.queue import enqueue_evaluations

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def on_servers(postgres_url, redis_url, monkeypatch):
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.5")
    prepare()


@pytest.fixture
def other_machine(tmp_path, celery_worker):
    """Start a worker that shares no folder with this process."""
    home = tmp_path / "other-machine"

    def start(queue="scores"):
        return celery_worker(f"import os\nos.environ['REMATCH_HOME'] = {str(home)!r}", queue=queue)

    start.home = home
    return start


def rematch(*arguments):
    code = "from leaderboard.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def hand_in(path):
    with session() as opened:
        submission = submit(opened, path)
        found = submission.id, [run.evaluations[0].id for run in submission.runs]
    enqueue_evaluations(found[1])
    return found


def look(submission_id):
    with session() as opened:
        return read_status(opened, submission_id)


def score_file_of(evaluation_id):
    with session() as opened:
        run = opened.exec(select(SubmittedRun).join(Evaluation).where(Evaluation.id == evaluation_id)).one()
        return artifact_store().key(run.artifact_sha256)


def test_what_is_handed_in_here_is_scored_there_with_the_numbers_of_a_folder(
    on_servers, s3_server, s3_bucket, other_machine, make_submission, monkeypatch, tmp_path
):
    path = make_submission(n_runs=3)
    with other_machine():
        done = rematch("submit", path, "--json")
    assert done.returncode == 0, done.stderr
    remote = json.loads(done.stdout)
    assert remote["status"] == "succeeded"
    assert [one["attempts"] for one in remote["evaluations"]] == [1, 1, 1]
    assert len(s3_server.content(s3_bucket)) == 4, "three score files, one split file and no mark"
    assert not (Path(os.environ["REMATCH_HOME"]) / "artifacts").exists()
    assert len([one for one in (other_machine.home / "cache" / "artifacts").iterdir() if one.is_file()]) == 4
    for name in ("REMATCH_BROKER_URL", "REMATCH_DATABASE_URL", "REMATCH_ARTIFACTS_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "embedded"))
    local = json.loads(rematch("submit", path, "--json").stdout)
    for one, other in zip(local["evaluations"], remote["evaluations"], strict=True):
        assert one["values"] == other["values"]


def test_a_recorded_number_is_computed_again_from_the_bucket(on_servers, s3_bucket, other_machine, make_submission):
    with other_machine():
        document = json.loads(rematch("submit", make_submission(n_runs=1), "--json").stdout)
    done = rematch("reproduce", document["evaluations"][0]["evaluation"], "--run")
    assert done.returncode == 0, done.stderr
    assert f"{Path(os.environ['REMATCH_HOME'])}/cache/artifacts/" in done.stdout
    assert "values are the same, to the last bit" in done.stdout


def test_weights_that_are_handed_in_reach_the_worker_that_runs_the_model(
    on_servers, s3_bucket, other_machine, monkeypatch, wait_for, tmp_path
):
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))
    write_tiny_clip(tmp_path / "weights" / "clip")
    [weights] = write_tiny_clip(tmp_path / "other", seed=1).glob("*.safetensors")
    weights.rename(tmp_path / "mine.safetensors")
    run = {"weights": "mine.safetensors", "seed": 0, "seed_governs": ["training"]}
    stated = {"system": "Tiny", "submitter": "Ada", "setting": "trained-from-scratch", "protocols": ["toy-object"]}
    manifest = tmp_path / "submission.yaml"
    manifest.write_text(yaml.safe_dump({**stated, "model": "transformers:local-dir:clip", "runs": [run]}))
    submission_id, [evaluation_id] = hand_in(manifest)
    with other_machine(queue="models"):
        wait_for(lambda: not look(submission_id).n_unfinished, "The end of the model", seconds=200)
    [one] = look(submission_id).evaluations
    assert one.status is Status.SUCCEEDED, one.message
    with session() as opened:
        record = opened.get_one(Evaluation, evaluation_id).run_record
    assert record["model"]["weights_sha256"] == digest_of(tmp_path / "mine.safetensors").sha256
    assert (other_machine.home / "cache" / "artifacts" / record["model"]["weights_sha256"]).is_file()


@pytest.mark.parametrize("fault", ["missing", "damaged", "cut off"])
def test_an_object_that_is_not_as_handed_in_is_waited_for_and_scored_once_it_is_back(
    on_servers, s3_server, s3_bucket, other_machine, make_submission, wait_for, fault
):
    client = s3_server.client()
    submission_id, [evaluation_id] = hand_in(make_submission(n_runs=1))
    key = score_file_of(evaluation_id)
    content = s3_server.content(s3_bucket)[key]
    if fault == "missing":
        client.delete_object(Bucket=s3_bucket, Key=key)
    else:
        client.put_object(Bucket=s3_bucket, Key=key, Body=b"\0" * (len(content) if fault == "damaged" else 10))
    with other_machine():
        wait_for(lambda: look(submission_id).evaluations[0].not_before, "The first attempt")
        [waiting] = look(submission_id).evaluations
        assert (waiting.status, waiting.message) == (Status.QUEUED, store.POSTPONED_MESSAGE)
        client.put_object(Bucket=s3_bucket, Key=key, Body=content)
        wait_for(lambda: not look(submission_id).n_unfinished, "A later attempt")
    [one] = look(submission_id).evaluations
    assert (one.status, one.attempts) == (Status.SUCCEEDED, 1)


def test_a_server_that_stops_in_the_middle_and_comes_back_costs_nothing_but_time(
    on_servers, other_machine, make_submission, wait_for, monkeypatch, s3_server, tmp_path
):
    server = S3Server(tmp_path / "log")
    server.start()
    try:
        monkeypatch.setenv("REMATCH_S3_ENDPOINT_URL", server.url)
        bucket = server.make_bucket()
        monkeypatch.setenv("REMATCH_ARTIFACTS_URL", f"s3://{bucket}")
        with other_machine():
            first_id, _ = hand_in(make_submission("first", n_runs=1))
            wait_for(lambda: look(first_id).status is Status.SUCCEEDED, "The first submission")
            path = make_submission("second", n_runs=1, system="Second")
            scores = path.parent / "scores_seed0.npy"
            np.save(scores, -np.load(scores))
            # The worker is connected, and the second submission is stored, when the server goes away.
            with session() as opened:
                second = submit(opened, path)
                second_id, ids = second.id, [run.evaluations[0].id for run in second.runs]
            content = server.content(bucket)
            server.stop()
            enqueue_evaluations(ids)
            wait_for(lambda: look(second_id).evaluations[0].not_before, "The first attempt")
            done = rematch("submit", make_submission("third", n_runs=1, system="Third"), "--no-wait")
            assert done.returncode == 1
            assert "does not answer" in done.stderr
            assert "Traceback" not in done.stderr
            server.start()
            client = server.client()
            client.create_bucket(Bucket=bucket)
            for key, body in content.items():
                client.put_object(Bucket=bucket, Key=key, Body=body)
            wait_for(lambda: not look(second_id).n_unfinished, "A later attempt")
    finally:
        server.stop()
    [one] = look(second_id).evaluations
    assert (one.status, one.attempts) == (Status.SUCCEEDED, 1)


def test_a_bucket_that_is_not_there_refuses_a_submission_in_one_sentence(
    on_servers, s3_server, make_submission, monkeypatch
):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", "s3://not-there/rematch")
    done = rematch("submit", make_submission())
    assert done.returncode == 1
    assert "There is no bucket 'not-there'" in done.stderr
    assert "Traceback" not in done.stderr
    with session() as opened:
        assert opened.exec(select(Evaluation)).all() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("REMATCH_ARTIFACTS_URL", "s3://AKIAGEHEIM:geheim@scores/x", "holds credentials"),
        ("REMATCH_S3_ENDPOINT_URL", "http://ada:geheim@localhost:1", "holds credentials"),
    ],
)
def test_credentials_in_an_address_are_refused_and_not_shown(
    on_servers, s3_bucket, make_submission, monkeypatch, name, value, expected
):
    monkeypatch.setenv(name, value)
    done = rematch("submit", make_submission())
    assert done.returncode == 1
    assert f"{name} {expected}" in done.stderr
    assert "geheim" not in done.stderr.lower() + done.stdout.lower()
