"""Every cross-encoder gives the scores of its library, called by hand on every pair."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from evaluator.encoding.content import encode_content
from evaluator.model import MODELS, Encoder, ModelError, ModelRequest, Precision, Reranker, load_model
from evaluator.reranking.lists import rerank
from evaluator.reranking.parts import Part
from splits.content import Content, Pictures
from splits.split import Direction
from tests.unit.evaluator import tiny_cross_encoders as tiny
from tests.unit.evaluator.conftest import make_split
from tests.unit.evaluator.encoder_contract import check_encoder

CAPTIONS = (
    "a red box on the table",
    "two dogs",
    "a very small bird with a yellow beak, on the sea at night.",
    "x",
    "the SEA at night",
    "a photo of the very small dog in a blue box",
)
SIZES = ((48, 32), (33, 57), (64, 64))
WRITERS = {
    "blip": tiny.write_blip,
    "blip2": tiny.write_blip2,
    "vilt": tiny.write_vilt,
    "bridgetower": tiny.write_bridgetower,
    "bridgetower-itc": tiny.write_contrastive_bridgetower,
}
TWO_STAGE = ("blip", "blip2", "bridgetower-itc")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {family: write(tmp_path_factory.mktemp(family)) for family, write in WRITERS.items()}


@pytest.fixture(scope="module")
def loaded(folders):
    return {family: _load(family, folder) for family, folder in folders.items()}


def _load(family, folder, **request):
    return load_model(f"{family}:local-dir:{folder}", ModelRequest(name="", anywhere=True, **request))


@pytest.fixture(scope="module")
def pictures():
    generator = np.random.default_rng(5)
    return [Image.fromarray(generator.integers(0, 256, (h, w, 3), dtype=np.uint8)) for w, h in SIZES]


@pytest.fixture(scope="module")
def content(pictures):
    return Content(make_split(3, 2), CAPTIONS, Pictures(pictures.__getitem__, lambda _: "sha256:noise"))


def _tokens(tokenizer, text, length):
    return tokenizer(text, truncation=True, max_length=length, return_token_type_ids=False, return_tensors="pt")


def _blip_by_hand(folder, pictures):
    network = transformers.BlipForImageTextRetrieval.from_pretrained(folder).eval()
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    processor = transformers.BlipImageProcessorPil.from_pretrained(folder)
    # What the authors do to captions: no full stop is left.
    for picture in pictures:
        pixels = processor(picture, return_tensors="pt")["pixel_values"]
        for caption in CAPTIONS:
            inputs = _tokens(tokenizer, caption.lower().replace(".", ""), 35)
            contrast = network(**inputs, pixel_values=pixels, use_itm_head=False).itm_score[0, 0]
            inputs["input_ids"][:, 0] = len(tiny.BERT) + 1
            match = network(**inputs, pixel_values=pixels).itm_score[0, 1]
            yield float(match), float(contrast)


def _blip2_by_hand(folder, pictures):
    network = transformers.Blip2ForImageTextRetrieval.from_pretrained(folder).eval()
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    processor = transformers.BlipImageProcessorPil.from_pretrained(folder)
    for picture in pictures:
        pixels = processor(picture, return_tensors="pt")["pixel_values"]
        for caption in CAPTIONS:
            inputs = _tokens(tokenizer, caption.lower().replace(".", ""), 35)
            both = [
                network(**inputs, pixel_values=pixels, use_image_text_matching_head=head).logits_per_image
                for head in (True, False)
            ]
            yield float(both[0][0, 1]), float(both[1].flatten()[0])


def _vilt_by_hand(folder, pictures):
    network = transformers.ViltForImageAndTextRetrieval.from_pretrained(folder).eval()
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    processor = transformers.ViltImageProcessorPil.from_pretrained(folder)
    for picture in pictures:
        seen = processor(picture, return_tensors="pt")
        for caption in CAPTIONS:
            yield float(network(**_tokens(tokenizer, caption, 40), **seen).logits[0, 0]), 0.0


def _bridgetower_by_hand(folder, pictures):
    network = transformers.BridgeTowerForImageAndTextRetrieval.from_pretrained(folder).eval()
    tokenizer = transformers.RobertaTokenizer.from_pretrained(folder)
    processor = transformers.BridgeTowerImageProcessorPil.from_pretrained(folder)
    for picture in pictures:
        pixels = processor(picture, return_tensors="pt")["pixel_values"]
        for caption in CAPTIONS:
            yield float(network(**_tokens(tokenizer, caption, 50), pixel_values=pixels).logits[0, 1]), 0.0


def _contrastive_bridgetower_by_hand(folder, pictures):
    config = transformers.BridgeTowerConfig.from_pretrained(folder)
    config.logit_scale_init_value = 2.6592
    network = transformers.BridgeTowerForContrastiveLearning.from_pretrained(folder, config=config).eval()
    tokenizer = transformers.RobertaTokenizer.from_pretrained(folder)
    processor = transformers.BridgeTowerImageProcessorPil.from_pretrained(folder)
    matches = [match for match, _ in _bridgetower_by_hand(folder, pictures)]
    for index, picture in enumerate(pictures):
        pixels = processor(picture, return_tensors="pt")["pixel_values"]
        for place, caption in enumerate(CAPTIONS):
            found = network(**_tokens(tokenizer, caption, 50), pixel_values=pixels)
            yield matches[index * len(CAPTIONS) + place], float(found.text_embeds[0] @ found.image_embeds[0])


BY_HAND = {
    "blip": _blip_by_hand,
    "blip2": _blip2_by_hand,
    "vilt": _vilt_by_hand,
    "bridgetower": _bridgetower_by_hand,
    "bridgetower-itc": _contrastive_bridgetower_by_hand,
}


@pytest.fixture(scope="module")
def by_hand(folders, pictures):
    """For each family the matches and the cosines of all pairs."""
    with torch.inference_mode():
        found = {family: np.array(list(pairs(folders[family], pictures))) for family, pairs in BY_HAND.items()}
    return {family: pairs.reshape(len(SIZES), len(CAPTIONS), 2) for family, pairs in found.items()}


@pytest.mark.parametrize("family", WRITERS)
def test_exhaustive_scores_are_those_of_the_library(family, loaded, by_hand, content):
    model = loaded[family]
    assert isinstance(model, Reranker)
    matches, cosines = np.moveaxis(by_hand[family], 2, 0)
    assert matches.std() > 1e-3
    embeddings = _embeddings(model, content) if family in TWO_STAGE else _any_embeddings()
    run = rerank(model, content, depth=100, batch_size=4, **embeddings).run
    expected = matches + (cosines if model.head_rule == "itm+itc" else 0)
    lists = run.lists[Direction.I2T]
    found = np.empty(expected.shape)
    np.put_along_axis(found, lists.candidates.reshape(found.shape), lists.scores.reshape(found.shape), axis=1)
    np.testing.assert_allclose(found, expected, atol=5e-6)


@pytest.mark.parametrize("family", TWO_STAGE)
def test_captions_of_the_same_wording_tie_in_both_stages(family, loaded, content):
    repeated = replace(content, captions=(CAPTIONS[0], CAPTIONS[2], CAPTIONS[0], CAPTIONS[3], CAPTIONS[2], CAPTIONS[0]))
    encoded = encode_content(loaded[family], repeated, batch_size=2)
    run = rerank(
        loaded[family], repeated, images=encoded.images, captions=encoded.captions, depth=100, batch_size=2
    ).run
    lists = run.lists[Direction.I2T]
    found = np.empty((3, 6))
    np.put_along_axis(found, lists.candidates.reshape(3, 6), lists.scores.reshape(3, 6), axis=1)
    np.testing.assert_array_equal(found, found[:, [0, 1, 0, 3, 1, 0]])
    assert len(np.unique(found[0])) == 3


@pytest.mark.parametrize("family", WRITERS)
def test_what_other_caption_seeds_left_behind_moves_no_bit(family, loaded, content, tmp_path):
    model = loaded[family]
    generator = np.random.default_rng(1)
    embeddings = {"images": generator.random((3, 4)), "captions": generator.random((6, 4))}
    draws = [[Part(np.arange(3), np.array(captions))] for captions in ([0, 2, 4], [1, 2, 4], [0, 3, 4])]
    for parts in draws:
        kept = rerank(model, content, depth=2, parts=parts, cache=tmp_path, **embeddings).run
        fresh = rerank(model, content, depth=2, parts=parts, **embeddings).run
        for direction in Direction:
            np.testing.assert_array_equal(kept.lists[direction].scores, fresh.lists[direction].scores)


@pytest.mark.parametrize("family", TWO_STAGE)
def test_the_first_stage_is_that_of_the_library(family, loaded, by_hand, content):
    embeddings = _embeddings(loaded[family], content)
    similar = np.einsum("i...w,cw->ic...", embeddings["images"], embeddings["captions"])
    similar = similar.max(axis=2) if similar.ndim == 3 else similar
    np.testing.assert_allclose(similar, by_hand[family][:, :, 1], atol=1e-6)


def _embeddings(model, content):
    with torch.inference_mode():
        batch = model.collate_images([model.prepare_image(content.pictures.open(index)) for index in range(3)])
        return {"images": model.encode_images(batch).numpy(), "captions": model.encode_captions(CAPTIONS).numpy()}


def _any_embeddings():
    return {"images": np.ones((3, 1), np.float32), "captions": np.ones((6, 1), np.float32)}


@pytest.mark.parametrize("family", TWO_STAGE)
def test_two_stage_families_keep_the_contract_of_encoders(family, loaded):
    check_encoder(loaded[family])


@pytest.mark.parametrize("family", WRITERS)
def test_the_catalogue_says_who_needs_candidates(family):
    assert MODELS[family].is_two_stage == (family in TWO_STAGE)
    assert MODELS[family].needs_candidates == (family not in TWO_STAGE)
    assert MODELS[family].checkpoints
    for checkpoint in MODELS[family].checkpoints:
        assert checkpoint.source == f"hf-hub:{checkpoint.name}"
        assert checkpoint.licence
        assert checkpoint.citation


@pytest.mark.parametrize("family", WRITERS)
def test_facts_are_complete(family, loaded, folders):
    facts = loaded[family].facts
    assert facts.reference == f"{family}:local-dir:{folders[family]}"
    assert len(facts.weights_sha256) == 64
    assert facts.resize_backend == "PIL"
    assert facts.dtype == "float32"
    assert facts.parameters > 1000
    assert set(facts.libraries) == {"torch", "transformers", "tokenizers", "pillow", "numpy"}
    assert facts.libraries["torch"] == torch.__version__
    assert "GELU" in facts.network
    assert len(facts.network_sha256) == len(facts.tokenizer_sha256) == 64


@pytest.mark.parametrize("family", WRITERS)
def test_a_score_does_not_depend_on_the_rest_of_its_batch(family, loaded, pictures):
    model = loaded[family]
    with torch.inference_mode():
        states = model.caption_states(CAPTIONS)
        for picture in pictures:
            state = model.image_state(model.prepare_image(picture))
            together = model.match(state, states)
            assert together.shape == (6,)
            assert together.dtype == np.float32
            alone = [model.match(state, {name: rows[k : k + 1] for name, rows in states.items()})[0] for k in range(6)]
            np.testing.assert_allclose(alone, together, atol=5e-6)
            np.testing.assert_array_equal(
                model.match(model.image_state(model.prepare_image(picture)), states), together
            )


def test_a_picture_that_blip_sees_once_for_all_captions_scores_as_one_repeated_for_each(loaded, pictures):
    model = loaded["blip"]
    with torch.inference_mode():
        states = model.caption_states(CAPTIONS)
        for picture in pictures:
            state = model.image_state(model.prepare_image(picture))
            repeated = state.expand(len(CAPTIONS), -1, -1)
            # But for the last bits: a matrix product may add in another order when it has more rows.
            np.testing.assert_allclose(model.match(state, states), model.match(repeated, states), rtol=2e-6)


@pytest.mark.parametrize("family", WRITERS)
def test_long_captions_are_cut_and_counted(family, loaded, pictures):
    model = loaded[family]
    long = " ".join(["box"] * 60)
    assert model.count_truncated([]) == 0
    assert model.count_truncated(["a", long, "two dogs"]) == 1
    with torch.inference_mode():
        scores = model.match(model.image_state(model.prepare_image(pictures[0])), model.caption_states([long, "a"]))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("family", WRITERS)
def test_half_precision_stays_near(family, folders, loaded, pictures):
    half = _load(family, folders[family], precision=Precision.BF16)
    assert half.facts.dtype == "bfloat16"
    with torch.inference_mode():
        scores = [
            model.match(model.image_state(model.prepare_image(pictures[0])), model.caption_states(CAPTIONS))
            for model in (loaded[family], half)
        ]
    assert scores[1].dtype == np.float32
    np.testing.assert_allclose(scores[1], scores[0], atol=0.25)


def test_blip_reads_captions_as_its_authors_clean_them(loaded):
    captions = loaded["blip"].captions
    plain = captions.of(["two dogs on the table"])["ids"]
    np.testing.assert_array_equal(captions.of(['  Two   DOGS! (on) "the" table...'])["ids"], plain)
    assert loaded["blip"].count_truncated([" ".join(["a"] * 31), " ".join(["a"] * 30)]) == 1
    assert captions.of(["..."])["mask"].sum() == 2


def test_a_tokenizer_without_room_for_the_mark_of_blip_is_refused(folders, tmp_path):
    folder = shutil.copytree(folders["blip"], tmp_path / "blip")
    more = transformers.BertTokenizer(vocab={**tiny.BERT, "m": len(tiny.BERT), "n": len(tiny.BERT) + 1})
    more.save_pretrained(folder)
    with pytest.raises(ModelError, match=r"expected a token \[ENC\]"):
        _load("blip", folder)


def test_a_tokenizer_that_knows_the_mark_of_blip_is_followed(folders, tmp_path):
    folder = shutil.copytree(folders["blip"], tmp_path / "blip")
    transformers.BertTokenizer(vocab={**tiny.BERT, "[ENC]": len(tiny.BERT)}).save_pretrained(folder)
    assert _load("blip", folder).mark == len(tiny.BERT)


def test_vilt_takes_the_rank_score_of_its_pretraining_from_the_matching_head(folders, loaded, tmp_path, pictures):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(folders["vilt"], tmp_path / "vilt")
    state = load_file(folder / "model.safetensors")
    weight, bias = state.pop("rank_output.weight"), state.pop("rank_output.bias")
    state["itm_score.fc.weight"] = torch.cat([torch.zeros_like(weight), weight])
    state["itm_score.fc.bias"] = torch.cat([torch.zeros_like(bias), bias])
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    model = _load("vilt", folder)
    assert torch.equal(model.network.rank_output.weight, loaded["vilt"].network.rank_output.weight)


def test_vilt_refuses_a_picture_that_would_be_resized_to_nothing(loaded):
    with pytest.raises(ModelError, match="A picture of 1000 x 20 pixels cannot be cut into patches"):
        loaded["vilt"].prepare_image(Image.new("RGB", (1000, 20)))


def test_a_bridgetower_with_a_transform_for_every_layer_is_that_of_the_library(tmp_path, pictures):
    folder = tiny.write_bridgetower(tmp_path, share_cross_modal_transformer_layers=False)
    model = _load("bridgetower", folder)
    with torch.inference_mode():
        expected = [match for match, _ in _bridgetower_by_hand(folder, pictures[:1])]
        found = model.match(model.image_state(model.prepare_image(pictures[0])), model.caption_states(CAPTIONS))
    np.testing.assert_allclose(found, expected, atol=5e-6)


def test_a_contrastive_bridgetower_without_a_matching_head_is_refused(folders, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(folders["bridgetower-itc"], tmp_path / "itc")
    state = load_file(folder / "model.safetensors")
    del state["itm_score.fc.bias"]
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"expected weights itm_score.fc.weight and .bias"):
        _load("bridgetower-itc", folder)


class TestFolders:
    @pytest.fixture
    def folder(self, folders, tmp_path):
        return shutil.copytree(folders["vilt"], tmp_path / "vilt")

    def test_weights_with_missing_and_misshapen_keys_name_the_first_three(self, folder):
        from safetensors.torch import load_file, save_file

        state = load_file(folder / "model.safetensors")
        for key in sorted(key for key in state if "encoder.layer.0" in key)[:5]:
            del state[key]
        state["rank_output.weight"] = torch.zeros(1, 5)
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(
            ModelError,
            match=r"5 missing: (vilt\.encoder\.layer\.0\.[\w.]+, ){3}\.\.\.; 1 of another shape: rank_output\.weight"
            r" \(1 × 5, expected 1 × 32\)",
        ):
            _load("vilt", folder)

    def test_weights_in_several_files_are_one_checkpoint(self, folder, loaded):
        from safetensors.torch import load_file, save_file

        state = load_file(folder / "model.safetensors")
        (folder / "model.safetensors").unlink()
        parts = {"one.safetensors": sorted(state)[:20], "two.safetensors": sorted(state)[20:]}
        for name, keys in parts.items():
            save_file({key: state[key] for key in keys}, folder / name, metadata={"format": "pt"})
        index = {"weight_map": {key: name for name, keys in parts.items() for key in keys}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        model = _load("vilt", folder)
        assert torch.equal(model.network.rank_output.weight, loaded["vilt"].network.rank_output.weight)
        assert _load("vilt", folder, weights_sha256=model.facts.weights_sha256)
        with pytest.raises(
            ModelError, match=r"The 2 files in .* are not the weights that were named: expected SHA-256 0000"
        ):
            _load("vilt", folder, weights_sha256="0" * 64)

    @pytest.mark.parametrize("files", [{"a": "../model.safetensors"}, {}, {"a": 3}, None])
    def test_an_index_that_names_no_files_of_its_own_folder_is_refused(self, folder, files):
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
        with pytest.raises(ModelError, match=r"index\.json"):
            _load("vilt", folder)

    def test_pickled_weights_are_read_as_data(self, folder, loaded):
        from safetensors.torch import load_file

        torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
        found = _load("vilt", folder).network.rank_output.weight
        assert torch.equal(found, loaded["vilt"].network.rank_output.weight)

    def test_other_weights_can_be_named(self, folder, folders, loaded):
        (folder / "model.safetensors").unlink()
        weights, digest = folders["vilt"] / "model.safetensors", loaded["vilt"].facts.weights_sha256
        assert _load("vilt", folder, weights=weights, weights_sha256=digest).facts.weights_sha256 == digest
        with pytest.raises(ModelError, match="expected SHA-256 0000"):
            _load("vilt", folder, weights=weights, weights_sha256="0" * 64)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("model.safetensors", "expected one of model.safetensors, "),
            ("config.json", "expected a readable config.json in"),
            ("tokenizer.json", "expected one of tokenizer.json, vocab.txt, vocab.json in"),
            ("preprocessor_config.json", "expected an image processor for ViltImageProcessorPil in"),
        ],
    )
    def test_a_file_that_is_missing_is_named(self, folder, name, message):
        (folder / name).unlink()
        with pytest.raises(ModelError, match=message):
            _load("vilt", folder)

    def test_a_damaged_tokenizer_is_one_message(self, folder):
        (folder / "tokenizer.json").write_text("{")
        with pytest.raises(ModelError, match="expected a tokenizer for BertTokenizer in"):
            _load("vilt", folder)

    def test_a_plain_list_of_words_is_a_tokenizer_too(self, folder, loaded):
        (folder / "tokenizer.json").unlink()
        (folder / "vocab.txt").write_text("\n".join(tiny.BERT))
        found = _load("vilt", folder).captions.of(CAPTIONS)["ids"]
        np.testing.assert_array_equal(found, loaded["vilt"].captions.of(CAPTIONS)["ids"])

    def test_a_checkpoint_of_another_family_is_refused(self, folders):
        with pytest.raises(ModelError, match=r"describes a model of type 'vilt', expected 'blip'"):
            _load("blip", folders["vilt"])

    def test_a_folder_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(ModelError, match="there is no folder"):
            _load("vilt", tmp_path / "nowhere")

    def test_offline_the_message_says_what_to_fetch_and_where_to_put_it(self):
        with pytest.raises(ModelError, match=r"hf download dandelin/vilt-b32-finetuned-coco"):
            load_model("vilt:dandelin/vilt-b32-finetuned-coco", ModelRequest(name=""))

    def test_a_repository_without_safetensors_is_asked_for_its_older_file(self, folder, monkeypatch, tmp_path):
        monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path))
        (folder / "model.safetensors").unlink()
        with pytest.raises(ModelError, match=r"Wanted the file pytorch_model\.bin"):
            load_model("vilt:vilt", ModelRequest(name=""))

    def test_a_configuration_that_cannot_be_built_is_one_message(self, folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "num_attention_heads": 7}))
        with pytest.raises(ModelError, match="cannot be built as ViltForImageAndTextRetrieval"):
            _load("vilt", folder)


def test_a_start_value_for_the_temperature_of_bridgetower_is_left_alone(folders, tmp_path):
    folder = shutil.copytree(folders["bridgetower-itc"], tmp_path / "itc")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "logit_scale_init_value": 1.5}))
    assert _load("bridgetower-itc", folder).facts.weights_sha256


def test_loading_prints_nothing_and_leaves_the_library_as_it_was(folders, capfd):
    from transformers.utils import logging

    level = logging.get_verbosity()
    for set_bars, are_on in ((logging.disable_progress_bar, False), (logging.enable_progress_bar, True)):
        set_bars()
        _load("vilt", folders["vilt"])
        assert logging.is_progress_bar_enabled() is are_on
        assert logging.get_verbosity() == level
    assert capfd.readouterr() == ("", "")


def test_the_families_of_two_stages_are_encoders_by_type(loaded):
    encoder: Encoder = loaded["blip"]
    assert encoder.facts.context_length == 35
