"""The family without a framework returns exactly what the demo's baseline returns."""

import json
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from evaluator.encoding.content import encode_content
from evaluator.model import MODELS, ModelError, ModelRequest, Precision, load_model
from evaluator.model_order import ModelOrder
from evaluator.model_run import run_model
from evaluator.models.cca.training import CcaOptions
from evaluator.protocol import PROTOCOLS
from leaderboard.demo.toy_data import load_toy_data, train_and_run
from splits import load_split
from splits.content import load_content
from tests.unit.evaluator.counting_encoder import make_content


@pytest.mark.parametrize("dataset", ["toy-scene", "toy-object"])
def test_embeddings_are_the_demos_to_the_last_bit(dataset):
    data = load_toy_data(dataset)
    content = load_content(load_split(f"{dataset}/test"))
    for name, options in (("baseline", CcaOptions()), ("pairs", CcaOptions(word_pairs=True))):
        encoder = load_model(f"cca:{name}", ModelRequest("", seed=1, content=content))
        found = encode_content(encoder, content)
        wanted = train_and_run(data, 1, options)
        np.testing.assert_array_equal(found.images, wanted.images)
        np.testing.assert_array_equal(found.captions, wanted.captions)
        assert found.n_truncated == 0


def test_the_run_record_holds_every_fact(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path))
    split = load_split("toy-object/test")
    facts = load_model("cca:baseline", ModelRequest("", content=load_content(split))).facts
    record = run_model(ModelOrder("cca:baseline"), PROTOCOLS["toy-object"], split, seed=0).record
    assert record["model"] == asdict(facts)
    assert len(facts.network_sha256) == len(facts.tokenizer_sha256) == 64
    assert json.loads(json.dumps(record)) == record


def test_two_seeds_are_two_sets_of_weights():
    content = load_content(load_split("toy-object/test"))
    digests = {
        load_model("cca:baseline", ModelRequest("", seed=seed, content=content)).facts.weights_sha256
        for seed in (0, 1, 0)
    }
    assert len(digests) == 2


def test_another_dataset_is_refused():
    with pytest.raises(ModelError, match="which only the datasets toy-scene and toy-object have here; tiny was given"):
        load_model("cca:baseline", ModelRequest("", content=make_content(5)))


def test_no_dataset_is_refused():
    with pytest.raises(ModelError, match="no dataset was given"):
        load_model("cca:baseline", ModelRequest(""))


def test_an_unknown_baseline_is_refused():
    with pytest.raises(ModelError, match=r"There is no cca:other\. Known are: cca:baseline, cca:pairs"):
        load_model("cca:other", ModelRequest(""))


@pytest.mark.parametrize("change", [{"revision": "main"}, {"weights_sha256": "1" * 64}])
def test_weights_cannot_be_given(change):
    with pytest.raises(ModelError, match="is trained when it is loaded"):
        load_model("cca:baseline", ModelRequest("", **change))


def test_another_precision_is_refused():
    with pytest.raises(ModelError, match="computes in fp32 only, not in bf16"):
        load_model("cca:baseline", ModelRequest("", precision=Precision.BF16))


def test_needs_no_framework():
    assert MODELS["cca"].dependencies == ()
    code = (
        "import sys; from evaluator.model import ModelRequest, load_model;"
        "from evaluator.encoding.content import encode_content;"
        "from splits import load_split; from splits.content import load_content;"
        "content = load_content(load_split('toy-object/test'));"
        "encode_content(load_model('cca:baseline', ModelRequest('', content=content)), content);"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
