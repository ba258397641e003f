"""Every family on the whole way, from a manifest to its numbers, with tiny networks of random weights.

The split is a few toy pictures with short captions, so that networks without any training run in a moment.
"""

import json

import pytest
import yaml
from typer.testing import CliRunner

from leaderboard.cli import app
from submissions import database
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Evaluation, Status
from tests.unit.evaluator import tiny_cross_encoders, tiny_models
from tests.unit.evaluator.tiny_xvlm import write_tiny_xvlm
from tests.unit.worker.conftest import N_IMAGES
from worker.local import drain

pytestmark = pytest.mark.usefixtures("prepared", "without_hub")


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
    assert len(record["model"]["weights_sha256"]) == 64
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
