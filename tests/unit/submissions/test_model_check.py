"""What is seen of a model before it is run: names, galleries, data looked at once, and whose machine it is."""

import json
import subprocess
import sys

import pytest

from evaluator.errors import ProtocolError
from evaluator.gallery import check_gallery
from evaluator.model import MODELS, ModelError, Precision
from evaluator.model_order import ModelOrder, check_order
from evaluator.model_run import run_model
from evaluator.protocol import PROTOCOLS
from splits import content
from splits.loading import load_split
from splits.split import Direction
from submissions.check import check, check_manifest
from submissions.findings import Level
from submissions.manifest import parse_manifest
from submissions.manifest_texts import OWN_MACHINE
from tests.unit.evaluator.conftest import make_split

MODEL = {"system": "A", "submitter": "me", "setting": "zero-shot", "protocols": ["toy-scene"]}


@pytest.fixture
def checked(tmp_path):
    def look(**changes):
        path = tmp_path / "submission.json"
        path.write_text(json.dumps({**MODEL, **changes}))
        return check(path)

    return look


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("cca:basline", "Did you mean baseline"),
        ("cca:Pairs", "Did you mean pairs"),
        ("blip:nonsense", "Expected blip:ORGANISATION/REPOSITORY"),
        ("blip:blip-itm-base-coco", "Did you mean Salesforce/blip-itm-base-coco"),
        ("blip2:a/b/c", "blip2:a/b/c names no repository"),
        ("bridgetower-itc:x", "bridgetower-itc:x names no repository"),
        ("bridgetower-itc:local-dir:", "a path below the folder of the worker's weights"),
        ("transformers:../x", "names no repository of the hub"),
        ("transformers:hf-hub:a/b", "names no repository of the hub"),
        ("xvlm:4m-coco-385", "4m-coco-384"),
        ("xvlm:local-dir:x", "There is no checkpoint of X-VLM"),
        ("open_clip:hf-hub:x", "open_clip:x names no repository"),
        ("open_clip:ViT-B-33/openai", "ViT-B-32"),
        ("open_clip:ViT-B-32/nonsense", "has no tag 'nonsense'"),
    ],
)
def test_a_name_that_can_be_seen_to_be_wrong_is_refused_at_hand_in(checked, reference, told):
    found = checked(model=reference)
    assert not found.is_acceptable
    assert any(told in one.message for one in found.errors)


def test_a_chooser_of_candidates_is_checked_too(checked):
    found = checked(model={"reference": "vilt:a/b", "candidates": "transformers:nonsense"})
    assert any("transformers:nonsense names no repository" in one.message for one in found.errors)


@pytest.mark.parametrize("family", MODELS.values(), ids=lambda family: family.name)
def test_every_family_takes_what_it_lists_and_refuses_nonsense(family):
    for known in family.checkpoints:
        family.check(known.name)
    with pytest.raises(ModelError, match="nonsense"):
        family.check("nonsense")


def test_to_check_names_loads_no_framework():
    script = (
        "import sys; from evaluator.model import MODELS\n"
        "for family in MODELS.values():\n    for known in family.checkpoints: family.check(known.name)\n"
        "assert not {'torch', 'open_clip', 'transformers', 'timm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_gallery_too_small_is_refused_at_hand_in(checked, tmp_path):
    captions = [f"{image}-{number}" for image in range(4) for number in range(5)]
    pairs = [[caption, caption[0]] for caption in captions]
    split = {"name": "mine/test", "centricity": "object", "images": [*"0123"], "captions": captions, "pairs": pairs}
    (tmp_path / "mine.json").write_text(json.dumps(split))
    found = checked(model="transformers:a/b", split="mine.json", protocols=["standard"])
    assert not found.is_acceptable
    assert any("R@5 needs at least 5 candidates, but t2i ranks only 4 images" in one.message for one in found.errors)


def test_of_one_caption_per_image_there_are_as_many_as_images():
    one, every = PROTOCOLS["toy-scene-1cap"], PROTOCOLS["toy-scene"]
    check_gallery(every, make_split(4, 5), [Direction.I2T])
    with pytest.raises(ProtocolError, match="i2t ranks only 4 captions"):
        check_gallery(one, make_split(4, 5), [Direction.I2T])


def test_data_is_looked_at_once_for_a_hundred_seeds_and_told_once(checked, monkeypatch):
    looked = []
    load = content.load_content
    monkeypatch.setattr(content, "load_content", lambda split, **how: looked.append(split.name) or load(split, **how))
    found = checked(
        model="transformers:a/b", protocols=["flickr30k-1k", "flickr30k-1cap", "toy-scene"], seeds=[*range(100)]
    )
    assert found.is_acceptable
    assert sorted(looked) == ["flickr30k/karpathy-test", "toy-scene/test"]
    [warning] = [one for one in found.findings if one.level is Level.WARN]
    assert warning.where == "flickr30k/karpathy-test"
    assert "its worker must have them" in warning.message


def test_only_an_order_of_the_own_machine_may_go_anywhere(tmp_path):
    document = {**MODEL, "model": "open_clip:local-dir:clip"}
    for context, anywhere in ((None, False), ({OWN_MACHINE: True}, True)):
        found = check_manifest(parse_manifest(document, context=context), tmp_path / "manifest")
        assert [run.order.anywhere for run in found.runs] == [anywhere]


def test_an_order_keeps_whose_machine_it_is_of_and_an_old_one_is_of_elsewhere():
    order = ModelOrder("cca:baseline", anywhere=True)
    assert ModelOrder.from_document(order.document()) == order
    old = {"reference": "cca:baseline", "precision": Precision.FP32.value}
    assert not ModelOrder.from_document(old).anywhere


@pytest.mark.parametrize(
    "reference",
    ["xvlm:file:var/artifacts/0123", "open_clip:local-dir:mine", "transformers:local-dir:mine", "blip:local-dir:mine"],
)
def test_a_worker_reads_nothing_from_where_it_was_started_for_a_model_from_elsewhere(reference, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "var" / "artifacts").mkdir(parents=True)
    (tmp_path / "var" / "artifacts" / "0123").write_bytes(b"of another")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text('{"model_type": "secret"}')
    split = load_split("toy-scene/test")
    with pytest.raises(ModelError, match=str(tmp_path / "weights")) as caught:
        run_model(ModelOrder(reference), PROTOCOLS["toy-scene"], split, seed=0)
    assert "secret" not in str(caught.value)


def test_an_order_that_leads_out_of_the_folder_of_weights_is_refused_by_the_worker_as_well(tmp_path):
    order = ModelOrder(f"transformers:local-dir:{tmp_path}")
    with pytest.raises(ModelError, match="leads out of the folder of weights"):
        run_model(order, PROTOCOLS["toy-scene"], load_split("toy-scene/test"), seed=0)


def test_an_order_for_a_gallery_that_is_large_enough_is_taken():
    check_order(ModelOrder("cca:baseline"), PROTOCOLS["toy-scene"], load_split("toy-scene/test"))
