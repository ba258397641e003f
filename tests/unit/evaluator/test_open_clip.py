"""The family open_clip, on tiny checkpoints: the same numbers as the library by hand, and one message a fault."""

import hashlib
import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import open_clip
import pytest
import safetensors.torch as safetensors_torch
import torch

from evaluator.encoding.cache import EmbeddingCache
from evaluator.encoding.content import encode_content
from evaluator.model import MODELS, MissingHereError, ModelError, ModelRequest, Precision, load_model
from evaluator.models.open_clip import library_source
from evaluator.models.open_clip import names as open_clip_names
from evaluator.models.open_clip.library_source import listed_tags
from tests.unit.evaluator.counting_encoder import make_content
from tests.unit.evaluator.encoder_contract import CAPTIONS, check_encoder, encode_pictures, pictures
from tests.unit.evaluator.tiny_models import (
    CONTEXT,
    tiny_open_clip_config,
    write_tiny_open_clip,
    write_tiny_open_clip_with_bert,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_open_clip(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def architecture(tmp_path, monkeypatch):
    """An architecture of our own, `tiny-rematch`, as a file beside those of the library."""
    configs = tmp_path / "configs"
    configs.mkdir()
    (configs / "tiny-rematch.json").write_text(json.dumps(tiny_open_clip_config()), encoding="utf-8")
    (configs / "tiny-rematch-quickgelu.json").write_text(
        json.dumps(tiny_open_clip_config(quick_gelu=True)), encoding="utf-8"
    )
    monkeypatch.setattr(open_clip_names, "OWN_ARCHITECTURES", configs)
    yield "tiny-rematch"
    open_clip.factory._MODEL_CONFIG_PATHS[:] = [p for p in open_clip.factory._MODEL_CONFIG_PATHS if p != configs]
    for name in ("tiny-rematch", "tiny-rematch-quickgelu"):
        open_clip.factory._MODEL_CONFIGS.pop(name, None)


def load(name, **options):
    return load_model(f"open_clip:{name}", ModelRequest(name="", anywhere=True, **options))


def message_of(name, kind=ModelError, **options):
    with pytest.raises(kind) as caught:
        load(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def by_hand(folder, *, name=None, pretrained=None):
    """What the library gives without us: features of the pictures and of the captions."""
    name = name or f"local-dir:{folder}"
    network, _, transform = open_clip.create_model_and_transforms(name, pretrained=pretrained)
    network.eval()
    tokenizer = open_clip.get_tokenizer(name)
    with torch.inference_mode():
        images = network.encode_image(torch.stack([transform(one) for one in pictures()]), normalize=True)
        texts = network.encode_text(tokenizer(list(CAPTIONS)), normalize=True)
    return images.numpy(), texts.numpy()


def ours(encoder):
    with torch.inference_mode():
        return encode_pictures(encoder, pictures()), encoder.encode_captions(CAPTIONS).numpy()


def same_bits(left, right):
    for one, other in zip(left, right, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_folder_keeps_the_contract_of_encoders(folder):
    encoder = load(f"local-dir:{folder}")
    check_encoder(encoder)
    facts = encoder.facts
    assert facts.reference == f"open_clip:local-dir:{folder}"
    assert facts.weights_sha256 == hashlib.sha256((folder / "open_clip_model.safetensors").read_bytes()).hexdigest()
    assert facts.context_length == CONTEXT
    assert facts.dtype == "float32"
    assert "interpolation=bicubic" in facts.image_transform
    assert facts.resize_backend == "PIL"
    assert facts.libraries["open_clip_torch"] == open_clip.__version__


def test_another_activation_in_the_same_weights_is_another_network_on_record_and_in_the_cache(tmp_path):
    folder = write_tiny_open_clip(tmp_path / "tiny")
    before = load(f"local-dir:{folder}")
    path = folder / "open_clip_config.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document, indent=3, sort_keys=True))
    assert load(f"local-dir:{folder}").facts == before.facts, "how the file is laid out moves nothing"

    document["model_cfg"]["quick_gelu"] = True
    path.write_text(json.dumps(document))
    after = load(f"local-dir:{folder}")
    assert after.facts.weights_sha256 == before.facts.weights_sha256
    assert (before.facts.network, after.facts.network) == (
        "CLIP; activations GELU(approximate='none')",
        "CLIP; activations QuickGELU",
    )
    assert after.facts.network_sha256 != before.facts.network_sha256
    cache = EmbeddingCache(tmp_path / "cache")
    encode_content(before, make_content(4), cache=cache)
    found = encode_content(after, make_content(4), cache=cache)
    assert (found.n_images_from_cache, found.n_captions_from_cache) == (0, 0)


def test_the_digest_of_the_tokenizer_is_that_of_its_files(tmp_path, folder):
    own = load(f"local-dir:{folder}").facts
    merges = Path(open_clip.tokenizer.default_bpe()).read_bytes()
    assert own.tokenizer_sha256 == hashlib.sha256(merges).hexdigest()
    assert {"ftfy", "regex", "numpy"} <= set(own.libraries)

    with_bert = write_tiny_open_clip_with_bert(tmp_path)
    before = load(f"local-dir:{with_bert}").facts
    (with_bert / "tokenizer_config.json").write_text(
        (with_bert / "tokenizer_config.json").read_text().replace("{", '{"do_lower_case": false,', 1)
    )
    assert load(f"local-dir:{with_bert}").facts.tokenizer_sha256 != before.tokenizer_sha256
    tower = with_bert / "tower" / "config.json"
    tower.write_text(tower.read_text().replace('"hidden_act": "gelu"', '"hidden_act": "relu"'))
    after = load(f"local-dir:{with_bert}").facts
    assert after.network_sha256 != before.network_sha256
    assert "ReLU" in after.network


def test_features_are_bit_for_bit_those_of_the_library_called_by_hand(folder):
    same_bits(ours(load(f"local-dir:{folder}")), by_hand(folder))


@pytest.mark.parametrize(
    "changes",
    [
        {"custom_text": True},
        {"quick_gelu": True},
        {"custom_text": True, "init_logit_bias": -10},
        {"vision_cfg": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None}},
        {"multimodal_cfg": {"width": 32, "context_length": CONTEXT, "vocab_size": 49408, "heads": 2, "layers": 1}},
    ],
    ids=["custom-text", "quickgelu", "with-bias", "resnet", "coca"],
)
def test_every_kind_of_network_is_the_library_s(changes, tmp_path):
    config = tiny_open_clip_config(**changes)
    if "multimodal_cfg" in changes:
        config["custom_text"] = True
        config["text_cfg"] |= {"embed_cls": True, "output_tokens": True, "context_length": CONTEXT}
        config["vision_cfg"] |= {"attentional_pool": True, "attn_pooler_heads": 2, "output_tokens": True}
    write_tiny_open_clip(tmp_path, config=config)
    encoder = load(f"local-dir:{tmp_path}")
    check_encoder(encoder)
    if "multimodal_cfg" in changes:
        # Its pooling adds up in another order where the weights lie elsewhere in memory, on several threads.
        for one, other in zip(ours(encoder), by_hand(tmp_path), strict=True):
            np.testing.assert_allclose(one, other, atol=3e-7)
    else:
        same_bits(ours(encoder), by_hand(tmp_path))


def test_towers_of_other_libraries_and_their_tokenizer_are_the_library_s(tmp_path):
    encoder = load(f"local-dir:{write_tiny_open_clip_with_bert(tmp_path)}")
    check_encoder(encoder)
    same_bits(ours(encoder), by_hand(tmp_path))
    assert "tiny/bert" in encoder.facts.text_transform
    assert encoder.count_truncated([" ".join(["box"] * (CONTEXT - 2)), " ".join(["box"] * (CONTEXT - 1))]) == 1


def test_a_tokenizer_that_lies_elsewhere_is_found_in_the_folder_of_weights(tmp_path, monkeypatch):
    folder = write_tiny_open_clip_with_bert(tmp_path / "model")
    before = ours(load(f"local-dir:{folder}"))
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))
    place = tmp_path / "weights" / "tiny" / "bert"
    place.mkdir(parents=True)
    for file in folder.glob("*token*"):
        file.rename(place / file.name)
    same_bits(ours(load(f"local-dir:{folder}")), before)
    (tmp_path / "weights").rename(tmp_path / "away")
    assert "tiny/bert" in message_of(f"local-dir:{folder}")


def test_captions_with_a_class_token_at_the_end_are_counted_with_it(tmp_path):
    encoder = load(f"local-dir:{write_tiny_open_clip_with_bert(tmp_path)}")
    encoder.captions.tokenizer.tokenizer_mode = "clips"
    fits, cut = " ".join(["box"] * (CONTEXT - 3)), " ".join(["box"] * (CONTEXT - 2))
    assert encoder.count_truncated([fits, cut]) == 1


def test_half_precision_weights_compute_in_float32(tmp_path):
    encoder = load(f"local-dir:{write_tiny_open_clip(tmp_path, half=True)}")
    assert {one.dtype for one in encoder.network.parameters()} == {torch.float32}
    check_encoder(encoder)


def test_bf16_computes_in_bfloat16_and_returns_float32_rows(folder):
    encoder = load(f"local-dir:{folder}", precision=Precision.BF16)
    assert encoder.facts.dtype == "bfloat16"
    assert {one.dtype for one in encoder.network.parameters()} == {torch.bfloat16}
    check_encoder(encoder, tolerance=0.02)
    exact = ours(load(f"local-dir:{folder}"))
    for one, other in zip(ours(encoder), exact, strict=True):
        assert 0 < np.abs(one - other).max() < 0.1


def test_captions_beyond_the_context_are_counted_and_keep_their_end(folder):
    encoder = load(f"local-dir:{folder}")
    fits, cut = " ".join(["box"] * (CONTEXT - 2)), " ".join(["box"] * (CONTEXT - 1))
    assert encoder.count_truncated([fits, cut, fits]) == 1
    tokens = encoder.captions.tokens([cut])
    assert tokens.shape == (1, CONTEXT)
    assert tokens[0, -1] == 49407


def test_an_architecture_takes_a_local_file_of_weights(folder, architecture):
    weights = folder / "open_clip_model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    encoder = load(architecture, weights=weights, weights_sha256=digest)
    assert encoder.facts.reference == f"open_clip:{architecture}"
    assert encoder.facts.weights_sha256 == digest
    same_bits(ours(encoder), by_hand(folder, name=architecture, pretrained=str(weights)))


def test_quickgelu_is_another_network(folder, architecture):
    weights = folder / "open_clip_model.safetensors"
    plain, quick = (load(name, weights=weights) for name in (architecture, f"{architecture}-quickgelu"))
    assert np.abs(ours(plain)[0] - ours(quick)[0]).max() > 1e-3


def test_weights_saved_by_a_training_script_are_read(folder, architecture, tmp_path):
    state = safetensors_torch.load_file(folder / "open_clip_model.safetensors")
    torch.save({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "e.pt")
    plain = load(architecture, weights=folder / "open_clip_model.safetensors")
    same_bits(ours(load(architecture, weights=tmp_path / "e.pt")), ours(plain))


class TestOlderForms:
    """Weights as earlier versions and other libraries wrote them, which the library's own loader takes too."""

    def changed(self, folder, config, change):
        write_tiny_open_clip(folder, config=config)
        state = change(safetensors_torch.load_file(folder / "open_clip_model.safetensors"))
        safetensors_torch.save_file(state, folder / "open_clip_model.safetensors")
        encoder = load(f"local-dir:{folder}")
        same_bits(ours(encoder), by_hand(folder))
        return encoder

    def test_a_text_tower_without_a_name_of_its_own(self, tmp_path):
        def change(state):
            names = {key: key.removeprefix("text.") for key in state}
            return {names[key]: value for key, value in state.items()}

        self.changed(tmp_path, tiny_open_clip_config(custom_text=True), change)

    def test_a_scale_with_an_axis_and_no_bias(self, tmp_path):
        def change(state):
            del state["logit_bias"]
            return {**state, "logit_scale": state["logit_scale"].reshape(1)}

        encoder = self.changed(tmp_path, tiny_open_clip_config(init_logit_bias=-10), change)
        assert encoder.network.logit_bias == 0

    def test_another_grid_of_patches_is_interpolated_as_the_configuration_says(self, tmp_path):
        write_tiny_open_clip(tmp_path)
        config = json.loads((tmp_path / "open_clip_config.json").read_text(encoding="utf-8"))
        config["model_cfg"]["vision_cfg"]["image_size"] = 48
        (tmp_path / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
        encoder = load(f"local-dir:{tmp_path}")
        same_bits(ours(encoder), by_hand(tmp_path))
        assert "size=48" in encoder.facts.image_transform

    def test_position_ids_that_the_text_tower_no_longer_keeps(self, tmp_path):
        write_tiny_open_clip_with_bert(tmp_path)
        file = tmp_path / "open_clip_model.safetensors"
        before = ours(load(f"local-dir:{tmp_path}"))
        state = safetensors_torch.load_file(file)
        positions = torch.arange(CONTEXT).reshape(1, -1)
        safetensors_torch.save_file({**state, "text.transformer.embeddings.position_ids": positions}, file)
        same_bits(ours(load(f"local-dir:{tmp_path}")), before)


def test_a_tag_takes_a_local_file_in_place_of_the_hub_s(folder, architecture, monkeypatch):
    tag = {"hf_hub": "someone/tiny/", "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.5, 0.5), "interpolation": "bilinear"}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, architecture, {"mine": tag})
    encoder = load(f"{architecture}/mine", weights=folder / "open_clip_model.safetensors")
    assert encoder.facts.reference == f"open_clip:{architecture}/mine"
    assert "bilinear" in encoder.facts.image_transform
    assert "0.1, 0.2, 0.3" in encoder.facts.image_transform
    check_encoder(encoder)


def test_names_are_looked_up_in_the_folder_of_weights_first(tmp_path, monkeypatch, folder):
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path))
    (tmp_path / "mine").symlink_to(folder)
    same_bits(ours(load("local-dir:mine")), ours(load(f"local-dir:{folder}")))


def test_a_repository_that_the_user_fetched_is_found(tmp_path, monkeypatch, folder):
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path))
    (tmp_path / "someone").mkdir()
    (tmp_path / "someone" / "tiny").symlink_to(folder)
    encoder = load("hf-hub:someone/tiny")
    assert encoder.facts.reference == "open_clip:hf-hub:someone/tiny"
    same_bits(ours(encoder), by_hand(folder))


def test_loading_says_nothing_and_leaves_logging_alone(folder, caplog, recwarn):
    import logging

    handlers, filters = list(logging.root.handlers), list(logging.root.filters)
    load(f"local-dir:{folder}")
    assert (logging.root.handlers, logging.root.filters) == (handlers, filters)
    assert not caplog.records
    assert not recwarn.list


class TestFaults:
    def test_weights_of_a_wider_network_are_told_by_their_first_keys(self, tmp_path):
        from safetensors.torch import load_file, save_file

        folder = write_tiny_open_clip(tmp_path)
        [file] = folder.glob("*.safetensors")
        wider = {key: torch.cat([one, one], -1) if "positional" in key else one for key, one in load_file(file).items()}
        save_file(wider, file)
        with pytest.raises(ModelError, match="positional_embedding"):
            load(f"local-dir:{folder}")

    def test_an_unknown_architecture_is_answered_with_a_near_one(self):
        message = message_of("ViT-B-33/openai")
        assert "no architecture named 'ViT-B-33'" in message
        assert "Did you mean ViT-B-32" in message

    def test_an_unknown_tag_is_answered_with_a_near_one(self):
        message = message_of("ViT-B-32/laion2b_s34b_b78k")
        assert "Did you mean laion2b_s34b_b79k" in message

    @pytest.mark.parametrize("name", ["ViT-B-32/openai", "ViT-B-32-quickgelu/openai"])
    def test_weights_for_quickgelu_are_looked_for_under_either_name(self, name):
        assert "vit_base_patch32_clip_224.openai" in message_of(name)

    def test_an_architecture_alone_asks_for_a_tag_or_weights(self):
        assert "name a tag, as ViT-B-32/openai" in message_of("ViT-B-32")

    @pytest.mark.parametrize("name", ["ViT-B-32/laion2b_s34b_b79k", "hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K"])
    def test_offline_the_wanted_file_and_its_place_are_named(self, name, tmp_path, monkeypatch):
        monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "w"))
        message = message_of(name)
        assert "laion/CLIP-ViT-B-32-laion2B-s34B-b79K" in message
        assert "hf download" in message
        assert str(tmp_path / "w") in message

    def test_a_missing_folder_is_named(self, tmp_path):
        assert str(tmp_path / "none") in message_of(f"local-dir:{tmp_path / 'none'}", MissingHereError)

    def test_a_folder_without_weights_is_named(self, folder, tmp_path):
        (tmp_path / "open_clip_config.json").write_bytes((folder / "open_clip_config.json").read_bytes())
        assert "Expected open_clip_model.safetensors" in message_of(f"local-dir:{tmp_path}", MissingHereError)

    @pytest.mark.parametrize("content", ["{", "[]", "{}", '{"model_cfg": {"vision_cfg": 1}}', "[" * 100_000])
    def test_a_damaged_configuration_is_named(self, content, tmp_path):
        (tmp_path / "open_clip_config.json").write_text(content, encoding="utf-8")
        assert "open_clip_config.json" in message_of(f"local-dir:{tmp_path}")

    def test_a_configuration_that_no_network_fits_is_named(self, folder, tmp_path):
        (tmp_path / "open_clip_model.safetensors").symlink_to(folder / "open_clip_model.safetensors")
        config = tiny_open_clip_config(embed_dimension=3)
        document = {"model_cfg": config, "preprocess_cfg": {}}
        (tmp_path / "open_clip_config.json").write_text(json.dumps(document), encoding="utf-8")
        message = message_of(f"local-dir:{tmp_path}")
        assert "cannot be built" in message
        assert "embed_dimension" in message

    def test_a_configuration_that_asks_for_remote_code_is_refused(self, folder, tmp_path):
        config = tiny_open_clip_config()
        config["text_cfg"]["tokenizer_kwargs"] = {"trust_remote_code": True}
        (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}), encoding="utf-8")
        assert "trust_remote_code" in message_of(f"local-dir:{tmp_path}")

    def test_a_text_tower_that_asks_for_code_is_refused(self, folder, tmp_path):
        (tmp_path / "tower").mkdir()
        asks = {"model_type": "mine", "auto_map": {"AutoConfig": "code.Config"}}
        (tmp_path / "tower" / "config.json").write_text(json.dumps(asks), encoding="utf-8")
        config = tiny_open_clip_config()
        config["text_cfg"] |= {"hf_model_name": str(tmp_path / "tower")}
        (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}), encoding="utf-8")
        (tmp_path / "open_clip_model.safetensors").symlink_to(folder / "open_clip_model.safetensors")
        assert "code of its own" in message_of(f"local-dir:{tmp_path}")

    def test_a_missing_configuration_is_named(self, tmp_path):
        assert "open_clip_config.json" in message_of(f"local-dir:{tmp_path}", MissingHereError)

    def test_a_text_tower_without_its_configuration_is_named(self, tmp_path):
        write_tiny_open_clip_with_bert(tmp_path)
        (tmp_path / "tower" / "config.json").unlink()
        assert "config.json" in message_of(f"local-dir:{tmp_path}")

    def test_a_damaged_tokenizer_is_named(self, tmp_path):
        write_tiny_open_clip_with_bert(tmp_path)
        (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
        assert "tokenizer cannot be read" in message_of(f"local-dir:{tmp_path}")

    def test_captions_that_would_be_cut_at_random_are_refused(self, folder, tmp_path):
        config = tiny_open_clip_config()
        config["text_cfg"]["tokenizer_kwargs"] = {"reduction_mask": "random"}
        write_tiny_open_clip(tmp_path, config=config)
        assert "at random" in message_of(f"local-dir:{tmp_path}")

    def test_another_file_than_the_named_one_is_refused(self, folder, architecture):
        weights = folder / "open_clip_model.safetensors"
        message = message_of(architecture, weights=weights, weights_sha256="0" * 64)
        assert "0" * 64 in message
        assert hashlib.sha256(weights.read_bytes()).hexdigest() in message

    def test_weights_of_another_network_are_told_by_their_first_three_keys(self, folder, architecture, tmp_path):
        state = safetensors_torch.load_file(folder / "open_clip_model.safetensors")
        names = sorted(state)[:4]
        for name in names:
            del state[name]
        state["visual.positional_embedding"] = torch.zeros(10, 32)
        safetensors_torch.save_file(state, tmp_path / "other.safetensors")
        message = message_of(architecture, weights=tmp_path / "other.safetensors")
        assert "4 missing" in message
        assert sum(name in message for name in names) == 3
        assert "visual.positional_embedding (10 × 32, expected 5 × 32)" in message

    def test_a_pickle_with_code_is_not_run(self, architecture, tmp_path):
        class Bomb:
            def __reduce__(self):
                return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

        torch.save({"state_dict": Bomb()}, tmp_path / "bomb.pt")
        (tmp_path / "plain.pt").write_bytes(pickle.dumps(Bomb()))
        assert "code" in message_of(architecture, weights=tmp_path / "bomb.pt")
        message_of(architecture, weights=tmp_path / "plain.pt")
        assert not (tmp_path / "ran").exists()


class TestTheTable:
    def test_curated_rows_are_what_the_library_has(self):
        listed = set(open_clip.list_pretrained())
        for row in MODELS["open_clip"].checkpoints:
            architecture, tag = row.name.split("/")
            assert (architecture, tag) in listed
            size = open_clip.get_model_config(architecture)["vision_cfg"]["image_size"]
            settings = open_clip.get_pretrained_cfg(architecture, tag)
            assert (row.resolution, row.source) == (size, f"hf-hub:{settings['hf_hub'].rpartition('/')[0]}")
            assert not open_clip_names.needs_quick_gelu(architecture, tag)

    def test_every_pair_of_the_library_is_listed_once_under_the_name_that_computes_it_right(self):
        family = MODELS["open_clip"]
        names = [row.name for row in (*family.checkpoints, *family.installed())]
        assert len(names) == len(set(names))
        for architecture, tag in open_clip.list_pretrained():
            right = f"{architecture}-quickgelu" if open_clip_names.needs_quick_gelu(architecture, tag) else architecture
            assert f"{right}/{tag}" in names

    def test_parameters_are_those_of_the_network(self):
        rows = {row.name: row for row in MODELS["open_clip"].checkpoints}
        for name in ("ViT-B-32-quickgelu/openai", "ViT-B-16-SigLIP/webli", "coca_ViT-B-32/laion2b_s13b_b90k"):
            with torch.device("meta"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                network = open_clip.create_model(name.split("/")[0], load_weights=False, device="meta")
            assert sum(one.numel() for one in network.parameters()) == rows[name].parameters

    @pytest.mark.parametrize(
        ("name", "told"),
        [("ViT-B-33/x", "ViT-B-32"), ("ViT-B-32/opanai", "openai")],
    )
    def test_an_order_for_an_unknown_name_is_refused_before_anything_is_loaded(self, name, told):
        with pytest.raises(ModelError, match=told):
            MODELS["open_clip"].check(name)

    def test_the_tags_that_are_read_without_the_library_are_those_it_has(self):
        for architecture in open_clip.list_models():
            tags = open_clip.list_pretrained_tags_by_model(architecture)
            if architecture.endswith("-quickgelu"):
                assert set(tags) <= set(listed_tags(architecture))
            else:
                assert listed_tags(architecture) == tags

    def test_a_library_that_lists_its_tags_otherwise_refuses_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr(library_source, "library_folder", lambda: tmp_path)
        sources = (
            "_PRETRAINED = load()",
            "def f(:",
            "",
            "_PRETRAINED = {'RN50': tags(), **more}",
            "_PRETRAINED = {1: 2}",
        )
        for source in sources:
            (tmp_path / "pretrained.py").write_text(source)
            library_source._table.cache_clear()
            assert listed_tags("RN50") is None
        (tmp_path / "pretrained.py").write_text("_PRETRAINED = {'RN50': dict(a=f()), 'RN101': tags()}")
        library_source._table.cache_clear()
        assert (listed_tags("RN50"), listed_tags("RN101"), listed_tags("new")) == (["a"], None, [])
        monkeypatch.undo()
        library_source._table.cache_clear()

    def test_an_unknown_tag_is_refused_without_loading_the_library(self):
        script = (
            "import sys\nfrom evaluator.model import MODELS, ModelError\n"
            "for name in ('ViT-B-32/nonsense', 'ViT-B-32/opanai', 'mt5-base-ViT-B-32/openai', 'ViT-B-33/x', 'hf-hub:x',"
            " 'local-dir:', 'ViT-B-32/'):\n"
            "    try: MODELS['open_clip'].check(name)\n"
            "    except ModelError as error: print(error)\n"
            "    else: raise SystemExit(name)\n"
            "MODELS['open_clip'].check('ViT-B-32/laion2b-s34b-b79k')\n"
            "assert not {'torch', 'open_clip'} & set(sys.modules)"
        )
        run = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr + run.stdout
        assert "Did you mean openai" in run.stdout

    @pytest.mark.parametrize("name", ["ViT-B-32/laion2b_s34b_b79k", "local-dir:x", "hf-hub:a/b", "RN50"])
    def test_an_order_for_what_may_be_there_is_taken(self, name):
        MODELS["open_clip"].check(name)
