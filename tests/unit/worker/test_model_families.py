"""Every family on the whole way, from a manifest to its numbers, with tiny networks of random weights.

The split is a few toy pictures with short captions, so that networks without any training run in a moment.
"""

import json
import re

import pytest
import yaml
from sqlmodel import select
from typer.testing import CliRunner

from evaluator.model import ModelError, ModelRequest
from evaluator.weights.located import weights_digest
from leaderboard.cli import app
from leaderboard.entry_record import record_html
from splits.errors import RematchError
from submissions import database
from submissions.intake import SubmissionRefusedError, submit
from submissions.status import read_status
from submissions.tables import Evaluation, Status
from tests.unit.evaluator import tiny_cross_encoders, tiny_models
from tests.unit.evaluator.tiny_xvlm import write_tiny_xvlm
from tests.unit.worker.conftest import N_IMAGES
from worker.local import drain

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The folder of the worker's weights."""
    folder = tmp_path / "weights"
    monkeypatch.setenv("REMATCH_WEIGHTS", str(folder))
    return folder


def open_clip(folder):
    tiny_models.write_tiny_open_clip(folder / "clip")
    return {"model": "open_clip:local-dir:clip"}


def transformers_clip(folder):
    tiny_models.write_tiny_clip(folder / "clip")
    return {"model": "transformers:local-dir:clip"}


def siglip_2(folder):
    tiny_models.write_tiny_siglip2(folder / "siglip")
    return {"model": "transformers:local-dir:siglip"}


def blip(folder):
    tiny_cross_encoders.write_blip(folder / "blip")
    return {"model": "blip:local-dir:blip"}


def blip_2(folder):
    tiny_cross_encoders.write_blip2(folder / "blip2")
    return {"model": "blip2:local-dir:blip2"}


def vilt(folder):
    tiny_models.write_tiny_clip(folder / "clip")
    tiny_cross_encoders.write_vilt(folder / "vilt")
    return {"model": {"reference": "vilt:local-dir:vilt", "candidates": "transformers:local-dir:clip"}}


def bridgetower(folder):
    tiny_models.write_tiny_clip(folder / "clip")
    tiny_cross_encoders.write_bridgetower(folder / "tower")
    return {"model": {"reference": "bridgetower:local-dir:tower", "candidates": "transformers:local-dir:clip"}}


def x_vlm(folder):
    write_tiny_xvlm(folder / "x")
    return {"model": "xvlm:file:x/tiny.pth"}


FAMILIES = (open_clip, transformers_clip, siglip_2, blip, blip_2, vilt, bridgetower, x_vlm)


def run(tmp_path, small_split, **changes):
    manifest = tmp_path / "submission.yaml"
    stated = {"system": "tiny", "submitter": "Ada", "setting": "zero-shot", "split": small_split.name}
    manifest.write_text(yaml.safe_dump({**stated, **changes}))
    with database.session() as opened:
        submission_id = submit(opened, manifest).id
    drain()
    with database.session() as opened:
        found = read_status(opened, submission_id)
        return found, [opened.get_one(Evaluation, one.id).run_record for one in found.evaluations]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_a_manifest_that_names_a_tiny_model_ends_in_numbers_and_a_record(family, tmp_path, small_split, weights):
    found, [record] = run(tmp_path, small_split, **family(weights))
    [one] = found.evaluations
    assert one.status is Status.SUCCEEDED, one.message
    assert 0 <= one.values["rsum"] <= 6
    assert record["model"]["weights_sha256"] == weights_digest(record["order"]["reference"], ModelRequest(name=""))
    assert record["model"]["image_transform"]
    assert record["model"]["text_transform"]
    assert record["data"]["n_captions"] == 2 * N_IMAGES
    assert (record["reranking"] is None) == (family in (open_clip, transformers_clip, siglip_2))
    if record["reranking"]:
        assert record["reranking"]["depth"] == 2 * N_IMAGES
        assert record["reranking"]["head_rule"] in ("itm", "itm+itc")
    assert (record["candidates"] is not None) == (family in (vilt, bridgetower))


def test_a_shallow_depth_is_refused_and_by_name_carries_a_badge(tmp_path, small_split, weights):
    model = {"reference": x_vlm(weights)["model"], "rerank_depth": 4}
    with pytest.raises(Exception, match="Ask for a depth of at least 10"):
        run(tmp_path, small_split, model=model)
    found, [record] = run(tmp_path, small_split, model={**model, "truncated_reranking": True})
    assert "truncated re-ranking k=4" in found.evaluations[0].badges
    assert record["reranking"]["depth"] == 4


def test_another_arithmetic_than_the_reference_carries_a_badge(tmp_path, small_split, weights):
    for family in (open_clip, x_vlm):
        reference = family(weights)["model"]
        found, _ = run(tmp_path, small_split, model={"reference": reference, "precision": "bf16"})
        assert "precision bf16" in found.evaluations[0].badges
        found, _ = run(tmp_path, small_split, model={"reference": reference})
        assert not any(badge.startswith("precision") for badge in found.evaluations[0].badges)


def test_the_page_pairs_each_stage_with_the_captions_that_it_cut(tmp_path, small_split, weights):
    _, [record] = run(tmp_path, small_split, **vilt(weights))
    record["n_truncated_captions"], record["reranking"]["n_truncated_captions"] = 17, 6
    drawn = re.sub(r"<[^>]*>", " ", record_html(record))
    n_captions = 2 * N_IMAGES
    assert f"{record['model']['text_transform']}; 6 of all {n_captions} captions cut" in drawn
    chooser = record["candidates"]
    assert f"{chooser['reference']}; {chooser['text_transform']}; 17 of all {n_captions} captions cut" in drawn


def test_weights_of_its_own_reach_the_worker_through_the_store(tmp_path, small_split, weights):
    folder = tiny_models.write_tiny_open_clip(tmp_path / "own")
    [file] = folder.glob("*.safetensors")
    (weights / "clip").mkdir(parents=True)
    runs = [
        {"seed": 0, "seed_governs": ["training"], "model": "open_clip:RN50", "weights": f"own/{file.name}"},
    ]
    found, _ = run(tmp_path, small_split, runs=runs)
    # The tiny weights do not fit the architecture that was named: told with the first keys, and no retry.
    [one] = found.evaluations
    assert one.status is Status.FAILED
    assert "visual" in one.message


def test_weights_of_another_sha_256_than_was_stated_are_never_run(tmp_path, small_split, weights):
    model = {"reference": open_clip(weights)["model"], "weights_sha256": "0" * 64}
    found, _ = run(tmp_path, small_split, model=model)
    [one] = found.evaluations
    assert one.status is Status.FAILED
    assert f"expected SHA-256 {'0' * 64}, found " in one.message


def test_weights_of_the_stated_sha_256_are_run(tmp_path, small_split, weights):
    reference = open_clip(weights)["model"]
    digest = weights_digest(reference, ModelRequest(name=""))
    found, [record] = run(tmp_path, small_split, model={"reference": reference, "weights_sha256": f"sha256:{digest}"})
    assert found.evaluations[0].status is Status.SUCCEEDED
    assert record["order"]["weights_sha256"] == record["model"]["weights_sha256"] == digest


def test_a_file_of_weights_of_another_sha_256_is_refused_at_hand_in(tmp_path, small_split):
    [file] = tiny_models.write_tiny_open_clip(tmp_path / "own").glob("*.safetensors")
    own = {"model": "open_clip:RN50", "weights": f"own/{file.name}", "weights_sha256": "0" * 64}
    with pytest.raises(SubmissionRefusedError, match=f"expected SHA-256 {'0' * 64}, found "):
        run(tmp_path, small_split, runs=[own])


@pytest.fixture
def by_command(tmp_path, small_split):
    """A tiny model in a folder of this machine, and the command that runs it."""
    folder = tiny_models.write_tiny_open_clip(tmp_path / "anywhere")
    words = ["run", f"open_clip:local-dir:{folder}", "--split", str(small_split), "--setting", "zero-shot", "--json"]

    def command(*more):
        return CliRunner().invoke(app, [*words, *more], catch_exceptions=False)

    return folder, command


def test_a_file_of_weights_needs_the_setting_said_and_no_tag(small_split, tmp_path):
    folder = tiny_models.write_tiny_open_clip(tmp_path / "own")
    [file] = folder.glob("*.safetensors")
    words = ["run", "open_clip:ViT-B-32", "--weights", str(file), "--split", str(small_split)]
    with pytest.raises(RematchError, match=r"What open_clip:ViT-B-32 has seen .* Say it: --setting zero-shot"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    with pytest.raises(ModelError, match="no checkpoint named 'ViT-B-32'"):
        CliRunner().invoke(app, [*words[:2], *words[4:]], catch_exceptions=False)


def test_a_damaged_picture_ends_the_command_with_its_name(by_command, small_split):
    _, command = by_command
    found = command()
    assert found.exit_code == 0
    picture = sorted(small_split.parent.rglob("*.png"))[0]
    picture.write_bytes(picture.read_bytes()[:40])
    found = command("--batch-size", "2")
    assert found.exit_code == 1
    [one] = json.loads(found.stdout)["evaluations"]
    assert picture.name in one["message"]
    assert "waits for this board" not in one["message"]
    assert "tried again" not in one["message"]


def test_a_wrong_sha_256_ends_the_command_before_anything_is_recorded(by_command):
    _, command = by_command
    with pytest.raises(ModelError, match="expected SHA-256 1111"):
        command("--weights-sha256", "1" * 64)
    with database.session() as opened:
        assert opened.exec(select(Evaluation)).all() == []


def test_changed_weights_are_never_answered_with_old_numbers(by_command):
    folder, command = by_command
    command()
    tiny_models.write_tiny_open_clip(folder, seed=1)
    with pytest.raises(RematchError, match="with other weights for my-boxes/test"):
        command()


def test_reproduce_pins_the_weights_and_says_when_they_are_others(by_command):
    folder, command = by_command
    [one] = json.loads(command().stdout)["evaluations"]
    digest = weights_digest(f"open_clip:local-dir:{folder}", ModelRequest(name="", anywhere=True))
    reproduce = ["reproduce", one["evaluation"], "--json"]
    told = json.loads(CliRunner().invoke(app, reproduce, catch_exceptions=False).stdout)
    assert f"--weights-sha256 {digest}" in told["command"]
    assert told["changes"] == []
    tiny_models.write_tiny_open_clip(folder, seed=1)
    [changed] = json.loads(CliRunner().invoke(app, reproduce, catch_exceptions=False).stdout)["changes"]
    assert (changed["key"], changed["recorded"]) == ("model.weights_sha256", digest)


def test_reproduce_says_when_the_weights_are_gone(by_command):
    folder, command = by_command
    [one] = json.loads(command().stdout)["evaluations"]
    folder.rename(folder.with_name("moved"))
    told = CliRunner().invoke(app, ["reproduce", one["evaluation"], "--json"], catch_exceptions=False)
    [changed] = json.loads(told.stdout)["changes"]
    assert changed["present"].startswith("not here: ")


def test_the_same_run_twice_gives_the_same_bits(tmp_path, small_split, weights, monkeypatch):
    first, _ = run(tmp_path, small_split, **x_vlm(weights), submitter="Ada")
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "elsewhere"))
    database.forget_connections()
    database.prepare()
    second, _ = run(tmp_path, small_split, **x_vlm(weights), submitter="Ada")
    assert [one.values for one in first.evaluations] == [one.values for one in second.evaluations]


def test_the_command_takes_any_folder_of_the_machine(tmp_path, small_split):
    tiny_models.write_tiny_open_clip(tmp_path / "anywhere")
    words = ["run", f"open_clip:local-dir:{tmp_path / 'anywhere'}", "--split", str(small_split)]
    result = CliRunner().invoke(app, [*words, "--setting", "zero-shot", "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["status"] == "succeeded"
    [one] = document["evaluations"]
    again = CliRunner().invoke(app, ["reproduce", one["evaluation"], "--run"], catch_exceptions=False)
    assert "are here what they were there" in again.stdout
    assert "values are the same, to the last bit" in again.stdout
