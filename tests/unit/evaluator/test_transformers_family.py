"""The family transformers, on a tiny checkpoint of every kind: what is read, how captions are cut, what is refused."""

import contextlib
import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch as safetensors_torch
import sentencepiece
import torch
import transformers

from evaluator.encoding.content import encode_content
from evaluator.model import MODELS, ModelError, ModelRequest, Precision, load_model
from tests.unit.evaluator.counting_encoder import make_content
from tests.unit.evaluator.encoder_contract import CAPTIONS, check_encoder, encode_pictures, pictures
from tests.unit.evaluator.tiny_models import (
    CONTEXT,
    DUAL_ENCODERS,
    bert_tokenizer,
    clip_pictures,
    text_tower,
    vision_tower,
    word_tokenizer,
    write_folder,
    write_tiny_clip,
    write_tiny_siglip,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_clip(tmp_path_factory.mktemp("models") / "clip")


def load(name, **options):
    return load_model(f"transformers:{name}", ModelRequest(name="", anywhere=True, **options))


def message_of(name, **options):
    with pytest.raises(ModelError) as caught:
        load(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def ours(encoder):
    with torch.inference_mode():
        return encode_pictures(encoder, pictures()), encoder.encode_captions(CAPTIONS).numpy()


def test_another_activation_or_vocabulary_is_on_record(tmp_path):
    folder = write_tiny_clip(tmp_path)
    before = load(f"local-dir:{folder}").facts
    assert before.network == "CLIPModel; activations QuickGELUActivation"
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"hidden_act": "quick_gelu"', '"hidden_act": "gelu"'))
    other = load(f"local-dir:{folder}").facts
    assert other.network == "CLIPModel; activations GELUActivation"
    assert other.network_sha256 != before.network_sha256
    assert other.tokenizer_sha256 == before.tokenizer_sha256

    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace('"dogs"', '"cats"'))
    assert load(f"local-dir:{folder}").facts == replace(
        other, tokenizer_sha256=load(f"local-dir:{folder}").facts.tokenizer_sha256
    )
    assert load(f"local-dir:{folder}").facts.tokenizer_sha256 != before.tokenizer_sha256


def test_captions_of_the_same_wording_tie_to_the_last_bit(folder):
    words = [
        "two dogs",
        "a very small red bird with a yellow beak on the sea at night",
        "a box",
        "the man and the bird",
    ]
    captions = tuple(words[k] for k in np.random.default_rng(2).integers(0, 4, 200))
    content = replace(make_content(100, 2), captions=captions)
    encoder = load(f"local-dir:{folder}")
    found = encode_content(encoder, content, batch_size=3)
    first = [captions.index(caption) for caption in captions]
    np.testing.assert_array_equal(found.captions, found.captions[first])
    with torch.inference_mode():
        apart = np.concatenate([encoder.encode_captions(captions[k : k + 3]).numpy() for k in range(0, 200, 3)])
    assert not np.array_equal(apart, apart[first]), "every caption in its own batch gives other bits"


@pytest.mark.parametrize("kind", list(DUAL_ENCODERS))
def test_every_kind_keeps_the_contract_of_encoders(kind, tmp_path):
    encoder = load(f"local-dir:{DUAL_ENCODERS[kind](tmp_path)}")
    check_encoder(encoder)
    assert encoder.network.config.model_type == kind
    facts = encoder.facts
    assert facts.resize_backend == "PIL"
    assert "Pil" in facts.image_transform
    assert facts.weights_sha256 == hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    assert facts.context_length == CONTEXT
    assert facts.libraries["transformers"] == transformers.__version__


def test_clip_is_bit_for_bit_the_library_called_by_hand(folder):
    network = transformers.CLIPModel.from_pretrained(folder)
    processor = transformers.CLIPImageProcessorPil.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        images = network.get_image_features(**processor(images=pictures(), return_tensors="pt")).pooler_output
        ids = tokenizer(list(CAPTIONS), padding=True, truncation=True, return_tensors="pt")
        texts = network.get_text_features(ids["input_ids"], ids["attention_mask"]).pooler_output
    unit = torch.nn.functional.normalize
    found = ours(load(f"local-dir:{folder}"))
    np.testing.assert_array_equal(found[0], unit(images).numpy())
    np.testing.assert_array_equal(found[1], unit(texts).numpy())


def test_features_that_are_plain_tensors_are_taken_too(folder):
    encoder = load(f"local-dir:{folder}")
    before = ours(encoder)
    network = encoder.network
    wrapped = {name: getattr(network, name) for name in ("get_image_features", "get_text_features")}

    class Older(type(network)):
        def get_image_features(self, pixel_values):
            return wrapped["get_image_features"](pixel_values=pixel_values).pooler_output

        def get_text_features(self, input_ids, attention_mask):
            return wrapped["get_text_features"](input_ids=input_ids, attention_mask=attention_mask).pooler_output

    network.__class__ = Older
    for one, other in zip(ours(encoder), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_bf16_computes_in_bfloat16_and_returns_float32_rows(folder):
    encoder = load(f"local-dir:{folder}", precision=Precision.BF16)
    assert encoder.facts.dtype == "bfloat16"
    check_encoder(encoder, tolerance=0.03)


def test_captions_beyond_the_context_are_counted(folder):
    encoder = load(f"local-dir:{folder}")
    fits, cut = " ".join(["box"] * (CONTEXT - 2)), " ".join(["box"] * (CONTEXT - 1))
    assert encoder.count_truncated([fits, cut, cut, fits]) == 2
    assert encoder.captions.tokens([cut])["input_ids"].shape == (1, CONTEXT)


def test_a_tokenizer_without_padding_pads_with_its_end(folder, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    word_tokenizer(pad_token=None).save_pretrained(tmp_path)
    encoder = load(f"local-dir:{tmp_path}")
    check_encoder(encoder)
    np.testing.assert_allclose(ours(encoder)[1], ours(load(f"local-dir:{folder}"))[1], atol=1e-6)


class TestSiglip:
    def test_captions_are_padded_to_the_full_length_without_a_mask(self, tmp_path):
        encoder = load(f"local-dir:{write_tiny_siglip(tmp_path)}")
        given = encoder.captions.tokens(["a box", "two"])
        assert set(given) == {"input_ids"}
        assert given["input_ids"].shape == (2, CONTEXT)
        assert "padding not masked" in encoder.facts.text_transform

    def test_captions_are_put_into_lower_case(self, tmp_path):
        tokenizer = word_tokenizer()
        tokenizer.backend_tokenizer.normalizer = None
        encoder = load(f"local-dir:{write_tiny_siglip(tmp_path, tokenizer=tokenizer)}")
        given = encoder.captions.tokens(["A RED Box", "a red box"])["input_ids"]
        assert torch.equal(given[0], given[1])
        assert "lower case" in encoder.facts.text_transform

    def test_its_own_tokenizer_of_pieces_is_read(self, tmp_path):
        (tmp_path / "text").write_text("\n".join([*CAPTIONS, "a man in a red scene", "no object is small"] * 9))
        sentencepiece.SentencePieceTrainer.train(
            input=str(tmp_path / "text"),
            model_prefix=str(tmp_path / "pieces"),
            vocab_size=48,
            hard_vocab_limit=False,
            pad_id=0,
            eos_id=1,
            unk_id=2,
            bos_id=-1,
            minloglevel=2,
        )
        tokenizer = transformers.SiglipTokenizer(str(tmp_path / "pieces.model"), model_max_length=CONTEXT)
        encoder = load(f"local-dir:{write_tiny_siglip(tmp_path / 'siglip', tokenizer=tokenizer)}")
        assert type(encoder.captions.tokenizer).__name__ == "SiglipTokenizer"
        check_encoder(encoder)


class TestWeights:
    def test_several_files_have_one_digest(self, folder, tmp_path):
        network = transformers.CLIPModel.from_pretrained(folder)
        network.save_pretrained(tmp_path, max_shard_size="50KB")
        word_tokenizer().save_pretrained(tmp_path)
        clip_pictures().save_pretrained(tmp_path)
        parts = sorted(tmp_path.glob("model-*.safetensors"))
        assert len(parts) > 1
        encoder = load(f"local-dir:{tmp_path}")
        digests = "".join(hashlib.sha256(part.read_bytes()).hexdigest() for part in parts)
        assert encoder.facts.weights_sha256 == hashlib.sha256(digests.encode()).hexdigest()
        np.testing.assert_array_equal(ours(encoder)[1], ours(load(f"local-dir:{folder}"))[1])

    def test_safetensors_come_before_what_torch_saved(self, folder, tmp_path):
        for file in folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / "pytorch_model.bin").write_bytes(b"not read")
        load(f"local-dir:{tmp_path}")

    def test_missing_ones_are_never_made_up(self, folder, tmp_path):
        state = safetensors_torch.load_file(folder / "model.safetensors")
        names = sorted(name for name in state if "text_model" in name)[:4]
        for name in names:
            del state[name]
        state["visual_projection.weight"] = torch.zeros(3, 5)
        safetensors_torch.save_file(state, tmp_path / "w.safetensors", {"format": "pt"})
        message = message_of(f"local-dir:{folder}", weights=tmp_path / "w.safetensors")
        assert "4 missing" in message
        assert sum(name in message for name in names) == 3
        assert "visual_projection.weight (3 × 5, expected 24 × 32)" in message

    def test_another_file_than_the_named_one_is_refused(self, folder):
        assert "0" * 64 in message_of(f"local-dir:{folder}", weights_sha256="0" * 64)

    def test_a_pickle_with_code_is_not_run(self, folder, tmp_path):
        class Bomb:
            def __reduce__(self):
                return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

        torch.save({"weight": Bomb()}, tmp_path / "bomb.bin")
        assert "code" in message_of(f"local-dir:{folder}", weights=tmp_path / "bomb.bin")
        assert not (tmp_path / "ran").exists()


class TestRefused:
    def test_offline_the_repository_its_revision_and_its_place_are_named(self, tmp_path, monkeypatch):
        monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "w"))
        message = message_of("openai/clip-vit-base-patch32")
        assert "openai/clip-vit-base-patch32" in message
        assert "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268" in message
        assert str(tmp_path / "w") in message

    def test_a_model_that_asks_for_its_own_code(self, folder, tmp_path):
        for file in folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
        config = {"model_type": "mine", "auto_map": {"AutoConfig": "code.C", "AutoModel": "code.M"}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert "never run" in message_of(f"local-dir:{tmp_path}")
        assert not (tmp_path / "ran").exists()

    def test_a_tokenizer_and_an_image_processor_that_ask_for_code(self, folder, tmp_path):
        for file in folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
        for name, key in (
            ("tokenizer_config.json", "AutoTokenizer"),
            ("preprocessor_config.json", "AutoImageProcessor"),
        ):
            told = json.loads((tmp_path / name).read_text())
            told["auto_map"] = {key: ["code.T", "code.T"] if key == "AutoTokenizer" else "code.P"}
            (tmp_path / name).write_text(json.dumps(told))
        with contextlib.suppress(ModelError):
            load(f"local-dir:{tmp_path}")
        assert not (tmp_path / "ran").exists()

    def test_a_text_model(self, tmp_path):
        network = transformers.BertModel(transformers.BertConfig(**text_tower()))
        write_folder(tmp_path, network, bert_tokenizer(), clip_pictures())
        assert "'bert', no dual encoder" in message_of(f"local-dir:{tmp_path}")

    def test_a_model_with_features_of_another_shape(self, tmp_path):
        config = transformers.OwlViTConfig(text_config=text_tower(), vision_config=vision_tower(), projection_dim=24)
        network = transformers.OwlViTModel(config)
        write_folder(tmp_path, network, word_tokenizer(), clip_pictures())
        (tmp_path / "config.json").write_text(json.dumps(json.loads((tmp_path / "config.json").read_text())))
        told = json.loads((tmp_path / "preprocessor_config.json").read_text())
        told["crop_size"] = {"height": 48, "width": 48}
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(told))
        assert "no dual encoder: a picture and a caption do not go through it" in message_of(f"local-dir:{tmp_path}")

    def test_a_cross_encoder_is_sent_to_its_family(self, tmp_path):
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "vilt"}))
        (tmp_path / "model.safetensors").write_bytes(b"")
        assert f"Use its own family: vilt:local-dir:{tmp_path}" in message_of(f"local-dir:{tmp_path}")

    @pytest.mark.parametrize(
        ("name", "told"), [("tokenizer.json", "its tokenizer"), ("preprocessor_config.json", "its image processor")]
    )
    def test_a_damaged_part(self, folder, tmp_path, name, told):
        for file in folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / name).write_text("{", encoding="utf-8")
        assert f"{told} cannot be read" in message_of(f"local-dir:{tmp_path}")

    def test_vectors_of_two_widths(self, folder, monkeypatch):
        short = lambda self, **given: torch.ones(1, 5)  # noqa: E731
        monkeypatch.setattr(transformers.CLIPModel, "get_text_features", short)
        assert "gave (1, 24) for a picture and" in message_of(f"local-dir:{folder}")

    def test_memory_that_ends_is_no_fault_of_the_model(self, folder, monkeypatch):
        def fail(self, pixel_values):
            raise torch.OutOfMemoryError("out of memory")

        monkeypatch.setattr(transformers.CLIPModel, "get_image_features", fail)
        with pytest.raises(torch.OutOfMemoryError):
            load(f"local-dir:{folder}")

    def test_a_folder_without_a_vocabulary(self, folder, tmp_path):
        for file in folder.iterdir():
            if not file.name.startswith("tokenizer"):
                (tmp_path / file.name).write_bytes(file.read_bytes())
        assert "vocabulary" in message_of(f"local-dir:{tmp_path}")

    @pytest.mark.parametrize("name", ["clip", "a/b/c"])
    def test_a_name_that_is_no_repository(self, name):
        with pytest.raises(ModelError, match="names no repository"):
            MODELS["transformers"].check(name)


def test_the_table_says_where_every_checkpoint_is():
    rows = MODELS["transformers"].checkpoints
    assert len(rows) == len({row.name for row in rows}) >= 20
    for row in rows:
        MODELS["transformers"].check(row.name)
        assert row.source == f"hf-hub:{row.name}"
        assert row.citation
        assert row.revision is None or len(row.revision) == 40
