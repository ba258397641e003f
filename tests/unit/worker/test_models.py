"""A model on its whole way: from a manifest or a command, through the worker, to its numbers and its record."""

import json
import shlex
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import numpy as np
import pytest
import yaml
from sqlmodel import select
from typer.testing import CliRunner

from evaluator import loaded_models
from evaluator.evaluation import evaluate
from evaluator.loaded_models import LoadedModels
from evaluator.model import MissingHereError, ModelError, ModelRequest
from evaluator.models.cca.training import CcaOptions
from evaluator.protocol import PROTOCOLS
from evaluator.run import ScoreFile
from evaluator.weights.hub import weights_folder
from evaluator.weights.reading import file_digest
from leaderboard.cli import app
from leaderboard.demo.toy_data import load_toy_data, train_and_run
from splits.errors import RematchError
from submissions import database, outbox, store, waiting
from submissions.check import check
from submissions.errors import SubmissionError
from submissions.findings import Level
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Evaluation, Queue, Result, Status, SubmittedRun
from tests.unit.evaluator.tiny_models import write_tiny_open_clip
from worker import following, jobs
from worker.desk import Desk
from worker.foreground import hand_in_and_run
from worker.jobs import run_evaluation, run_task
from worker.local import drain
from worker.own_manifest import OwnRun, manifest_of
from worker.study import named_model

MODEL = {
    "system": "CCA",
    "submitter": "Ada",
    "setting": "trained-from-scratch",
    "model": "cca:baseline",
    "protocols": ["toy-scene", "toy-scene-1cap", "toy-object"],
    "seeds": [0, 1],
}


@pytest.fixture
def manifest(tmp_path):
    def write(**changes):
        path = tmp_path / "submission.yaml"
        stated = {key: value for key, value in {**MODEL, **changes}.items() if value is not None}
        path.write_text(yaml.safe_dump(stated))
        return path

    return write


@pytest.fixture
def handed_in(prepared, manifest):
    def hand_in(**changes) -> UUID:
        with database.session() as opened:
            return submit(opened, manifest(**changes)).id

    return hand_in


def look(submission_id):
    with database.session() as opened:
        return read_status(opened, submission_id)


def command(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_a_manifest_that_names_a_model_is_run_by_the_local_worker(handed_in):
    submission_id = handed_in()
    drain()
    found = look(submission_id)
    assert found.status is Status.SUCCEEDED
    assert len(found.evaluations) == 6


def test_its_numbers_are_those_of_the_same_scores_in_a_file(handed_in):
    submission_id = handed_in(seeds=[1])
    drain()
    data = load_toy_data("toy-scene")
    scores = ScoreFile(train_and_run(data, 1, CcaOptions()), "embeddings")
    found = {one.protocol: one.values for one in look(submission_id).evaluations}
    for name in ("toy-scene", "toy-scene-1cap"):
        report = evaluate(scores, PROTOCOLS[name], data.split, seed=1)
        assert found[name]["rsum"] == report.value("rsum").expected
    assert found["toy-scene"]["rsum"] != found["toy-scene-1cap"]["rsum"]


def test_the_record_says_what_decides_the_numbers(handed_in):
    submission_id = handed_in(seeds=[3], protocols=["toy-scene-1cap"])
    drain()
    with database.session() as opened:
        record = opened.get_one(Evaluation, look(submission_id).evaluations[0].id).run_record
    assert record["data"]["caption_policy"] == "one"
    assert record["data"]["caption_seed"] == 3
    assert record["data"]["n_captions"] == 1250
    assert record["data"]["split_digest"].startswith("sha256:")
    assert record["order"]["reference"] == "cca:baseline"
    assert record["order"]["seed"] == 3
    assert record["is_deterministic"] is True
    assert len(record["model"]["weights_sha256"]) == 64
    assert record["environment"]["device"] == "cpu"
    for key in ("seconds", "images_per_second", "peak_memory_bytes", "batch_size", "precision"):
        assert record[key]


def test_one_task_runs_everything_of_one_run_on_one_dataset_and_nothing_else(handed_in):
    submission_id = handed_in()
    first = next(one for one in look(submission_id).evaluations if one.protocol == "toy-scene")
    assert run_task(first.id) == []
    done = {(one.position, one.protocol) for one in look(submission_id).evaluations if one.status is Status.SUCCEEDED}
    assert done == {(0, "toy-scene"), (0, "toy-scene-1cap")}


def test_a_broker_is_told_once_for_each_run_and_dataset(handed_in, make_submission):
    submission_id = handed_in()
    with database.session() as opened:
        scores_id = submit(opened, make_submission()).id
    evaluation_ids = [one.id for found in (submission_id, scores_id) for one in look(found).evaluations]
    with database.session() as opened:
        tasks = waiting.tasks_of(opened, evaluation_ids)
    sizes = sorted((task.queue, len(task.evaluation_ids)) for task in tasks)
    assert sizes == [(Queue.MODELS, 1), (Queue.MODELS, 1), (Queue.MODELS, 2), (Queue.MODELS, 2)] + [
        (Queue.SCORES, 1)
    ] * len(look(scores_id).evaluations)


def test_data_that_is_missing_here_postpones_and_says_which(handed_in):
    submission_id = handed_in(protocols=["flickr30k-1k"])
    [one] = look(submission_id).evaluations[:1]
    assert run_evaluation(one.id) is Status.QUEUED
    message = look(submission_id).evaluations[0].message
    assert message.startswith("Scoring waits for this board, not for you:")
    assert "flickr30k" in message
    assert message.endswith("It is tried again by itself until it succeeds.")


def test_why_something_waits_is_said_once_however_often_it_is_tried(handed_in, monkeypatch):
    submission_id = handed_in(protocols=["flickr30k-1k"], seeds=[0])
    [one] = look(submission_id).evaluations
    said: list[str] = []

    def look_again(_seconds):
        # What follows a submission looks again and again; between two looks, a worker tries.
        if len(said) > 4:
            raise KeyboardInterrupt
        with database.session() as opened:
            opened.get_one(Evaluation, one.id).not_before = None
            opened.commit()
        assert run_evaluation(one.id) is Status.QUEUED
        with database.session() as opened:
            opened.get_one(Evaluation, one.id).not_before += timedelta(hours=len(said))
            opened.commit()

    monkeypatch.setattr(following, "time", SimpleNamespace(sleep=look_again, monotonic=time.monotonic))
    following.follow(submission_id, None, say=said.append)
    assert said[0] == "0 of 1 evaluations done."
    assert "flickr30k" in said[1]
    assert [line.split(" (from ")[0] for line in said[2:5]] == [
        "runs[0] flickr30k-1k: tried again, with the same outcome"
    ] * 3


def test_data_that_is_missing_where_it_is_handed_in_is_a_warning(manifest):
    checked = check(manifest(protocols=["flickr30k-1k"]))
    assert checked.is_acceptable
    assert any("its worker must have them" in one.message for one in checked.findings if one.level is Level.WARN)


def test_a_model_that_cannot_do_what_is_asked_fails_with_its_message(handed_in):
    submission_id = handed_in(model={"reference": "cca:baseline", "precision": "bf16"}, protocols=["toy-scene"])
    drain()
    [one, _] = look(submission_id).evaluations
    assert one.status is Status.FAILED
    assert "computes in fp32 only" in one.message


def test_how_far_a_model_is_goes_with_its_signs_of_life(handed_in, monkeypatch):
    submission_id = handed_in(seeds=[0], protocols=["toy-scene"])
    [one] = look(submission_id).evaluations
    with database.session() as opened:
        claimed = store.claim(opened, one.id, worker="here")
        store.heartbeat(
            opened, one.id, claim=claimed.claims, progress={"stage": "encode", "done": 5, "total": 9, "per_second": 2.0}
        )
    assert look(submission_id).evaluations[0].progress["done"] == 5


def test_who_watches_is_told_every_stage(handed_in):
    submission_id = handed_in(seeds=[0], protocols=["toy-scene"])
    told = []
    run_task(look(submission_id).evaluations[0].id, desk=Desk(tell=told.append))
    stages = list(dict.fromkeys(one.stage for one in told))
    assert stages[0].startswith("load cca:baseline")
    assert len(stages) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "ccca:baseline"}, "There is no model family named 'ccca'. Did you mean cca?"),
        ({"model": {"reference": "cca:baseline", "rerank_depth": 4}}, "re-ranks nothing"),
        ({"model": "vilt:dandelin/vilt-b32-finetuned-coco"}, "--candidates open_clip:ViT-B-32/laion2b_s34b_b79k"),
        (
            {"model": {"reference": "blip:Salesforce/blip-itm-base-coco", "rerank_depth": 4}},
            "Ask for a depth of at least 10",
        ),
        (
            {"model": {"reference": "vilt:dandelin/vilt-b32-finetuned-coco", "candidates": "vilt:a/b"}},
            "is a cross-encoder itself",
        ),
        ({"runs": [{"weights": "missing.safetensors"}]}, "missing.safetensors is not there"),
    ],
)
def test_what_can_be_seen_to_fail_is_refused_at_once(manifest, changes, words):
    checked = check(manifest(**{**changes, **({"seeds": None} if "runs" in changes else {})}))
    assert not checked.is_acceptable
    assert any(words in one.message for one in checked.errors)


def test_weights_of_its_own_are_stored_as_score_files_are(prepared, manifest, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"weights")
    runs = [{"weights": "w.safetensors", "seed": 0, "seed_governs": ["training"], "model": "open_clip:ViT-B-32"}]
    document = {key: value for key, value in MODEL.items() if key not in ("model", "seeds")}
    path = tmp_path / "submission.yaml"
    path.write_text(yaml.safe_dump({**document, "protocols": ["toy-scene"], "runs": runs}))
    with database.session() as opened:
        submit(opened, path)
    with database.session() as opened:
        run = opened.exec(select(SubmittedRun)).one()
        assert run.artifact_sha256 == run.model["weights_sha256"]
        assert len(run.artifact_sha256) == 64


def test_the_command_runs_a_model_here_and_knows_it_again(tmp_path):
    words = ("run", "cca:baseline", "-p", "toy-scene", "-p", "toy-scene-1cap", "--seeds", "0-1", "--json")
    first = command(*words)
    assert first.exit_code == 0, first.stderr
    document = json.loads(first.stdout)
    assert document["status"] == "succeeded"
    assert len(document["evaluations"]) == 4
    again = command(*words)
    assert "The same was run before" in again.stderr
    assert json.loads(again.stdout) == document


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("cca:baseline", "-p", "flickr30k-1k"), "flickr30k"),
        (("cca", "-p", "toy-scene"), "names no model"),
        (("cca:baseline", "-p", "toy-sceen"), "Did you mean toy-scene"),
        (("open_clip:local-dir:/nowhere", "-p", "toy-scene"), "--setting zero-shot"),
        (("cca:baseline", "-p", "toy-scene", "--prompt", "a photo"), "words around one {}"),
        (
            ("cca:baseline", "-p", "toy-scene", "--weights", "a", "--weights", "b"),
            "2 files of weights were given for 1",
        ),
    ],
)
def test_what_is_wrong_with_a_command_is_one_message_and_nothing_is_stored(words, message):
    result = CliRunner().invoke(app, ["run", *words])
    assert message in str(result.exception)
    assert isinstance(result.exception, Exception)
    database.prepare()
    with database.session() as opened:
        assert opened.exec(select(Evaluation)).all() == []


@pytest.mark.parametrize("seeds", ["", "a", "1-", "-1", "0,,1", "1.5", "5-3", "0-99999999"])
def test_seeds_that_are_none_are_wrong_usage(seeds):
    assert command("run", "cca:baseline", "-p", "toy-scene", f"--seeds={seeds}").exit_code == 2


def test_reproduce_prints_the_command_and_says_that_nothing_differs(handed_in):
    submission_id = handed_in(seeds=[2], protocols=["toy-scene-1cap"])
    drain()
    evaluation_id = look(submission_id).evaluations[0].id
    printed = command("reproduce", evaluation_id).stdout
    assert "rematch run cca:baseline --protocol toy-scene-1cap --seeds 2" in printed
    assert "are here what they were there" in printed


@pytest.mark.parametrize("governs", [["training"], ["caption-draw"], ["training", "caption-draw"], []])
def test_the_command_that_reproduce_prints_gives_the_same_numbers(handed_in, governs, monkeypatch, tmp_path):
    runs = [{"seed": 3, "seed_governs": governs}]
    submission_id = handed_in(runs=runs, seeds=None, protocols=["toy-scene-1cap"])
    drain()
    [recorded] = look(submission_id).evaluations
    words = shlex.split(command("reproduce", recorded.id).stdout.splitlines()[0])
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "elsewhere"))
    database.forget_connections()
    again = json.loads(command(*words[1:], "--json").stdout)
    assert [one["values"] for one in again["evaluations"]] == [recorded.values]


def test_reproduce_can_compute_it_again_and_compares_every_value(handed_in):
    submission_id = handed_in(seeds=[2], protocols=["toy-scene"])
    drain()
    evaluation_id = look(submission_id).evaluations[0].id
    assert "values are the same, to the last bit" in command("reproduce", evaluation_id, "--run").stdout
    with database.session() as opened:
        result = opened.exec(select(Result).where(Result.metric == "R@1", Result.direction == "i2t")).one()
        result.expected += 0.004
    told = command("reproduce", evaluation_id, "--run")
    assert told.exit_code == 1
    assert "1 of 13 values differ" in told.stdout


def test_what_is_run_in_the_foreground_is_nobody_elses_work_meanwhile(prepared, manifest):
    asked = OwnRun("cca:baseline", ["toy-scene", "toy-object"], [0])
    seen = []

    def look_for_work(progress):
        with database.session() as opened:
            seen.append((waiting.next_queued(opened), outbox.unannounced(opened, never_seconds=0)))

    found = hand_in_and_run(manifest_of(asked), Desk(tell=look_for_work), say=lambda text: None)
    assert found.status is Status.SUCCEEDED
    assert seen
    assert set(map(str, seen)) == {"(None, [])"}


def test_a_reservation_runs_out_with_its_process(handed_in):
    submission_id = handed_in(seeds=[0], protocols=["toy-scene"])
    [one] = look(submission_id).evaluations
    with database.session() as opened:
        store.reserve(opened, [one.id], seconds=60)
        assert waiting.next_queued(opened) is None
        assert store.claim(opened, one.id) is None
        store.reserve(opened, [one.id], seconds=-1)
        assert waiting.next_queued(opened) == one.id


@pytest.mark.parametrize("family", ["transformers:local-dir:", "open_clip:local-dir:", "xvlm:file:"])
def test_weights_that_are_missing_here_are_told_before_anything_is_recorded(prepared, family):
    with pytest.raises(MissingHereError, match="nowhere"):
        command("run", f"{family}nowhere", "-p", "toy-object", "--setting", "zero-shot")
    with database.session() as opened:
        assert opened.exec(select(Evaluation)).all() == []


def test_what_is_left_is_kept_for_the_same_command_and_for_no_other_worker(tmp_path, monkeypatch):
    words = ("run", "cca:baseline", "-p", "toy-object", "--json")

    def lack(*words, **options):
        raise MissingHereError("There are no weights here.")

    with monkeypatch.context() as patched:
        patched.setattr("evaluator.model_run.run_model", lack)
        assert command(*words).exit_code == 1
    drain(patience_seconds=1)
    with database.session() as opened:
        [one] = opened.exec(select(Evaluation)).all()
        assert one.status is Status.QUEUED
    assert json.loads(command(*words).stdout)["status"] == "succeeded"


def test_what_failed_is_run_again_by_the_same_command(monkeypatch):
    words = ("run", "cca:baseline", "-p", "toy-object", "--json")

    def fill(*words, **options):
        raise ModelError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr("evaluator.model_run.run_model", fill)
        assert json.loads(command(*words).stdout)["status"] == "failed"
    assert json.loads(command(*words).stdout)["status"] == "succeeded"


def test_a_killed_command_goes_on_when_it_is_given_again(tmp_path):
    words = ["run", "cca:baseline", "-p", "toy-object", "--json"]
    hang = (
        "import sys, time, pathlib, os, evaluator.evaluation\n"
        "def hang(*words, **options):\n"
        "    pathlib.Path(os.environ['REMATCH_HOME'], 'on').touch(); time.sleep(600)\n"
        "evaluator.evaluation.evaluate = hang\n"
        "from leaderboard.cli import main\n"
        f"sys.argv = ['rematch', *{words!r}]\nmain()"
    )
    process = subprocess.Popen([sys.executable, "-c", hang], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "var" / "on").exists():
        assert process.poll() is None
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert json.loads(command(*words).stdout)["status"] == "succeeded"


def test_other_pictures_are_never_answered_with_old_numbers(prepared):
    words = ("run", "cca:baseline", "-p", "toy-object", "--json")
    command(*words)
    with database.session() as opened:
        evaluation = opened.exec(select(Evaluation)).one()
        record = json.loads(json.dumps(evaluation.run_record))
        record["data"]["pictures_digest"] = "sha256:0"
        evaluation.run_record = record
    with pytest.raises(RematchError, match="with other pictures for toy-object/test"):
        command(*words)


def test_after_the_time_limit_the_rest_is_sent_again_and_not_begun(handed_in, monkeypatch):
    submission_id = handed_in(seeds=[0])
    ids = {one.protocol: one.id for one in look(submission_id).evaluations}

    def take_too_long(*words, **options):
        raise TimeoutError

    monkeypatch.setattr("evaluator.model_run.run_model", take_too_long)
    assert run_task(ids["toy-scene"]) == [ids["toy-scene-1cap"]]
    states = {one.protocol: one.status for one in look(submission_id).evaluations}
    assert states["toy-scene"] is Status.FAILED
    assert states["toy-scene-1cap"] is Status.QUEUED


def test_a_process_holds_the_models_of_one_run_only(monkeypatch):
    loaded = []
    monkeypatch.setattr("evaluator.loaded_models.load_model", lambda reference, request: loaded.append(reference))
    held = LoadedModels()
    first, second = (("cca:baseline", ModelRequest("", seed=seed), "toy-scene") for seed in (0, 1))
    for wanted in (first, first, second):
        held.keep_only([wanted])
        held.get(wanted, content=None)
    assert loaded == ["cca:baseline"] * 2
    assert list(held._held) == [second]


def test_the_device_is_recorded_with_the_result(handed_in):
    submission_id = handed_in(seeds=[0], protocols=["toy-scene"])
    drain()
    assert look(submission_id).evaluations[0].worker.endswith(" cpu")


def test_reproduce_says_what_differs(handed_in):
    submission_id = handed_in(seeds=[2], protocols=["toy-scene"])
    drain()
    evaluation_id = look(submission_id).evaluations[0].id
    with database.session() as opened:
        evaluation = opened.get_one(Evaluation, evaluation_id)
        record = json.loads(json.dumps(evaluation.run_record))
        record["environment"]["libraries"]["numpy"] = "1.0"
        record["data"]["captions_digest"] = "sha256:0"
        evaluation.run_record = record
    changes = {one["key"]: one for one in json.loads(command("reproduce", evaluation_id, "--json").stdout)["changes"]}
    assert changes["libraries.numpy"]["recorded"] == "1.0"
    assert changes["libraries.numpy"]["present"] == np.__version__
    assert changes["captions_digest"]["recorded"] == "sha256:0"


def test_reproduce_of_something_unknown_or_ambiguous_is_one_message(handed_in):
    submission_id = handed_in()
    for run_id, words in ((UUID(int=0), "There is no run"), (submission_id, "has 6 evaluations")):
        result = CliRunner().invoke(app, ["reproduce", str(run_id)])
        assert isinstance(result.exception, SubmissionError)
        assert words in str(result.exception)


def test_the_study_compares_one_caption_with_all_by_type_of_data():
    words = ("study", "scene-vs-object", "--models", "cca:baseline", "--datasets", "toy-scene,toy-object")
    result = command(*words, "--seeds", "0-2", "--json")
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert [(row["dataset"], row["type"], row["captions"]) for row in rows] == [
        ("toy-scene", "scene", "one"),
        ("toy-scene", "scene", "all"),
        ("toy-object", "object", "one"),
        ("toy-object", "object", "all"),
    ]
    # Only where an image has several captions is there something to draw, and so something to repeat.
    assert [row["values"]["rsum"]["n"] for row in rows] == [3, 1, 1, 1]
    assert rows[2]["values"] == rows[3]["values"]
    assert rows[0]["values"]["i2t R@1"]["mean"] < rows[1]["values"]["i2t R@1"]["mean"]
    table = command(*words, "--seeds", "0-2").stdout
    assert "scene-centric" in table
    assert "object-centric" in table
    assert command(*words, "--seeds", "0-2", "--csv").stdout.startswith("model,dataset,type,captions,protocol,metric")


def test_a_study_without_data_says_what_to_do():
    result = CliRunner().invoke(app, ["study", "scene-vs-object", "--models", "cca:baseline"])
    assert "None of the study's datasets is here" in str(result.exception)


def test_a_tag_that_does_not_exist_is_answered_with_a_near_one(prepared):
    with pytest.raises(ModelError, match=r"Did you mean .*laion2b_s34b_b79k"):
        command("run", "open_clip:ViT-B-32/laion2b", "-p", "toy-scene")


@pytest.mark.parametrize("is_changed", [False, True])
def test_weights_that_changed_on_the_disk_between_two_tasks_are_loaded_again(handed_in, monkeypatch, is_changed):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = weights_folder() / "tiny"
    write_tiny_open_clip(folder)
    loads = []
    load = loaded_models.load_model
    monkeypatch.setattr(loaded_models, "load_model", lambda *words: loads.append(words[0]) or load(*words))
    desk, records = Desk(), []
    for system in ("before", "after"):
        submission_id = handed_in(
            model="open_clip:local-dir:tiny", system=system, setting="zero-shot", seeds=[0], protocols=["toy-object"]
        )
        [one] = look(submission_id).evaluations
        run_task(one.id, desk=desk)
        with database.session() as opened:
            records.append(opened.get_one(Evaluation, one.id).run_record)
        if is_changed:
            write_tiny_open_clip(folder, seed=1)
    file = folder / "open_clip_model.safetensors"
    before, after = (record["model"]["weights_sha256"] for record in records)
    assert (before != after) is is_changed
    assert len(loads) == 1 + is_changed
    assert is_changed or after == file_digest(file)
    assert records[1]["images_from_cache"] == (0 if is_changed else records[1]["data"]["n_images"])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("transformers:openai/clip@0123abc", ("transformers:openai/clip", "0123abc")),
        ("open_clip:hf-hub:a/b@refs/pr/1", ("open_clip:hf-hub:a/b", "refs/pr/1")),
        ("open_clip:ViT-B-32/openai", ("open_clip:ViT-B-32/openai", None)),
        ("xvlm:file:own.pth@384", ("xvlm:file:own.pth@384", None)),
        ("open_clip:local-dir:me@home/clip", ("open_clip:local-dir:me@home/clip", None)),
    ],
)
def test_a_study_takes_a_revision_after_an_at_sign_and_leaves_paths_alone(text, named):
    assert named_model(text) == named


def test_a_study_asks_for_the_revision_that_an_at_sign_promises():
    with pytest.raises(RematchError, match="'transformers:a/b@' names no revision; expected REFERENCE@COMMIT"):
        named_model("transformers:a/b@")


def test_a_study_says_which_model_is_left_out_and_why():
    words = ("study", "scene-vs-object", "--datasets", "toy-object", "--seeds", "0", "--json")
    result = command(*words, "--models", "cca:baseline@0123abc,cca:baseline")
    assert result.exit_code == 1
    assert {row["model"] for row in json.loads(result.stdout)} == {"cca:baseline"}
    assert (
        "left out: cca:baseline@0123abc, toy-object: cca:baseline is trained when it is loaded. Leave weights and"
        " revision out." in result.stderr
    )
    with database.session() as opened:
        orders = {run.model["revision"] for run in opened.exec(select(SubmittedRun)).all()}
    assert orders == {"0123abc", None}


def test_a_study_finds_its_datasets_in_the_folder_that_is_named(tmp_path):
    words = ("study", "scene-vs-object", "--models", "cca:baseline", "--datasets", "flickr30k", "--data", tmp_path)
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert f"There is no folder {tmp_path}/flickr30k with the pictures and captions" in str(result.exception)


def test_a_model_without_room_in_the_memory_waits_for_the_board_and_is_run_when_there_is_some(handed_in, monkeypatch):
    import torch

    load = loaded_models.load_model

    def has_no_room(reference, request):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has 3 MiB free.")

    monkeypatch.setattr(loaded_models, "load_model", has_no_room)
    submission_id = handed_in(protocols=["toy-scene"], seeds=[0])
    drain()
    [one] = look(submission_id).evaluations
    assert (one.status, one.attempts) == (Status.QUEUED, 0)
    assert "waits for this board, not for you: cca:baseline does not fit into the memory of" in one.message
    assert "Tried to allocate 20.00 MiB. GPU 0 has 3 MiB free. End what else computes there" in one.message
    monkeypatch.setattr(loaded_models, "load_model", load)
    with database.session() as opened:
        assert store.requeue(opened, one.id)
    drain()
    assert look(submission_id).status is Status.SUCCEEDED


def test_what_waits_for_the_same_run_is_told_of_again_when_the_device_is_lost(handed_in, monkeypatch):
    submission_id = handed_in(protocols=["toy-scene", "toy-scene-1cap"], seeds=[0])
    first, second = look(submission_id).queued
    monkeypatch.setattr(jobs, "has_lost_device", lambda: True)
    assert run_task(first) == [second]
    assert [one.status for one in look(submission_id).evaluations] == [Status.SUCCEEDED, Status.QUEUED]
