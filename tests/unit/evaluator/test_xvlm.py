"""X-VLM on a tiny network with random weights: its inputs, its layouts, its two stages, and what it refuses."""

import dataclasses
import json

import numpy as np
import pytest
import torch
import transformers
from huggingface_hub import constants
from PIL import Image
from torchvision import transforms

from evaluator.encoding.content import encode_content
from evaluator.model import MODELS, Encoder, MissingHereError, ModelError, ModelRequest, Precision, Reranker, load_model
from evaluator.models.xvlm.captions import clean
from evaluator.models.xvlm.checkpoint import read_sizes
from evaluator.networks.xvlm_sizes import XvlmSizes
from evaluator.reranking.lists import rerank
from splits.content import Content, Pictures
from splits.split import Direction
from tests.unit.evaluator import tiny_xvlm
from tests.unit.evaluator.conftest import make_split
from tests.unit.evaluator.counting_encoder import make_content
from tests.unit.evaluator.encoder_contract import CAPTIONS, as_numpy, check_encoder, encode_pictures, pictures
from tests.unit.evaluator.tiny_xvlm import SIZES, published_state, tiny_sizes, write_tiny_xvlm


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return write_tiny_xvlm(tmp_path_factory.mktemp("xvlm"))


@pytest.fixture(scope="module")
def encoder(reference):
    return _load(reference)


def _load(reference, **request):
    return load_model(reference, ModelRequest(name="", anywhere=True, **request))


def _file(reference):
    from pathlib import Path

    return Path(reference.removeprefix("xvlm:file:"))


# The encoder ----------------------------------------------------------------------------------------------------------


def test_it_keeps_the_contract_of_encoders_and_of_cross_encoders(encoder):
    check_encoder(encoder)
    assert isinstance(encoder, Reranker)
    assert encoder.head_rule == "itm"
    assert MODELS["xvlm"].is_two_stage


def test_bf16_converts_the_weights_and_still_gives_rows_of_length_one(reference, encoder):
    half = _load(reference, precision=Precision.BF16)
    assert {weight.dtype for weight in half.network.parameters()} == {torch.bfloat16}
    assert half.facts.dtype == "bfloat16"
    check_encoder(half, tolerance=0.005)
    difference = np.abs(encode_pictures(half, pictures()) - encode_pictures(encoder, pictures())).max()
    assert 0 < difference < 0.1
    prepared = half.prepare_image(pictures()[0])
    scores = half.match(half.image_state(prepared), half.caption_states(CAPTIONS))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


def test_mixed_arithmetic_runs_through_both_stages(encoder):
    from evaluator.devices import arithmetic

    with arithmetic("cpu", Precision.AMP):
        rows = as_numpy(encoder.encode_captions(CAPTIONS))
        state = encoder.image_state(encoder.prepare_image(pictures()[0]))
        mixed = encoder.match(state, encoder.caption_states(CAPTIONS))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    state = encoder.image_state(encoder.prepare_image(pictures()[0]))
    np.testing.assert_allclose(mixed, encoder.match(state, encoder.caption_states(CAPTIONS)), atol=0.2)


def test_loading_twice_gives_the_same_bits_and_moves_no_draws_of_others(reference, encoder):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    again = _load(reference)
    assert torch.equal(torch.rand(4), expected)
    np.testing.assert_array_equal(encode_pictures(again, pictures()), encode_pictures(encoder, pictures()))
    np.testing.assert_array_equal(again.encode_captions(CAPTIONS), encoder.encode_captions(CAPTIONS))


def test_the_facts_say_what_was_done(reference, encoder):
    from evaluator.weights.files import file_digest

    facts = encoder.facts
    assert facts.reference == reference
    assert facts.weights_sha256 == file_digest(_file(reference))
    assert facts.parameters == sum(one.numel() for one in encoder.network.parameters())
    assert facts.image_transform.startswith("RGB; resized to 32 x 32 pixels, bicubic, proportions not kept")
    assert "no [SEP] after, first 14 tokens" in facts.text_transform
    assert file_digest(_file(reference).parent / "vocab.txt") in facts.text_transform
    assert facts.tokenizer_sha256 == file_digest(_file(reference).parent / "vocab.txt")
    assert facts.network.startswith("Xvlm")
    assert facts.network_sha256 != _load(f"{reference}@64").facts.network_sha256
    assert {"torch", "timm", "tokenizers", "pillow"} <= facts.libraries.keys()


def test_a_caption_of_which_nothing_is_left_is_named_by_its_id(encoder):
    content = dataclasses.replace(make_content(3, 1), captions=("two dogs", "?!", "a cat"))
    with pytest.raises(ModelError, match=r"^Caption 'c1' at position 1: Nothing is left of the caption '\?!'"):
        encode_content(encoder, content)


def test_pictures_are_squashed_by_pil_and_normalised_as_clip_does(encoder):
    picture = pictures()[0]
    mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    resize = transforms.Resize((32, 32), interpolation=transforms.InterpolationMode.BICUBIC)
    by_hand = transforms.Compose([resize, transforms.ToTensor(), transforms.Normalize(mean, std)])(picture)
    np.testing.assert_array_equal(encoder.prepare_image(picture), by_hand.numpy())


# Captions -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caption", "cleaned"),
    [
        ('It is a DOG\'s "hat"; (red)!', "it is a dogs hat red"),
        ("first\n\nsecond\n", "first second"),
        ("semi-detached and/or", "semi detached and or"),
        ("<person> at #7 ~ *home*", "person at 7 home"),
        ("  both ends ", "both ends"),
        ("one\ttwo", "one\ttwo"),
        ("été - où", "été où"),
        (" ".join(f"w{number}" for number in range(40)), " ".join(f"w{number}" for number in range(30))),
    ],
)
def test_captions_are_cleaned_as_the_authors_do(caption, cleaned):
    assert clean(caption, 30) == cleaned


@pytest.mark.parametrize("caption", ["...", "", " ", '"!?"', "-/-"])
def test_a_caption_of_which_nothing_is_left_is_named(encoder, caption):
    import re

    with pytest.raises(ModelError, match=re.escape(f"Nothing is left of the caption {caption!r} once X-VLM")):
        encoder.encode_captions(["a dog", caption])


def test_token_ids_open_with_a_mark_and_close_with_none(encoder):
    ids, mask = encoder.reader.ids(["Two dogs!", "a zebra", "a, b " * 9])
    words = tiny_xvlm.WORDS
    assert ids[0].tolist() == [2, words.index("two"), words.index("dog"), words.index("##s"), *[0] * 10]
    assert mask[0].tolist() == [1] * 4 + [0] * 10
    assert ids[1, :4].tolist() == [2, words.index("a"), 1, 0]
    assert mask[2].sum() == 1 + 9
    assert ids.shape == mask.shape == (3, SIZES["max_tokens"])


def test_captions_that_are_cut_are_counted(encoder):
    nine, ten = " ".join(["dog"] * 9), " ".join(["dog"] * 10)
    # Thirteen word pieces fit beside the opening mark.
    fits, does_not = "dogs dogs dogs dogs a a a a a", "dogs dogs dogs dogs dogs a a a a"
    assert encoder.count_truncated([nine, ten, fits, does_not, "a"]) == 2


def test_the_token_ids_are_those_of_the_transformers_library(encoder, reference):
    tokenizer = transformers.BertTokenizer(str(_file(reference).parent / "vocab.txt"))
    captions = ["a red dogs ball", "the café's très old 東京 sea", "x" * 101, "dogsing ed dogeds", "a b"]
    for caption in captions:
        expected = tokenizer(clean(caption, 9), add_special_tokens=False)["input_ids"]
        ids, mask = encoder.reader.ids([caption])
        assert ids[0, 1 : mask.sum()].tolist() == expected[:13]


# Two stages -----------------------------------------------------------------------------------------------------------


def _all_matches(encoder, content):
    """Every picture with every caption, each pair by itself and padded in full."""
    ids, mask = (torch.from_numpy(one) for one in encoder.reader.ids(content.captions))
    found = np.empty((content.split.n_images, content.split.n_captions), dtype=np.float32)
    with torch.inference_mode():
        texts = encoder.network.text_states(ids, mask)
        for image in range(content.split.n_images):
            pixels = torch.from_numpy(encoder.prepare_image(content.pictures.open(image)))[None]
            seen = encoder.network.picture_keys_values(encoder.network.image_states(pixels))
            for caption in range(content.split.n_captions):
                one = slice(caption, caption + 1)
                found[image, caption] = encoder.network.match_logits(seen, texts[one], mask[one])[0, 1]
    return found


@pytest.fixture(scope="module")
def content():
    generator = np.random.default_rng(11)
    some = [Image.fromarray(generator.integers(0, 256, (40, 40, 3), dtype=np.uint8)) for _ in range(8)]
    words = [word for word in tiny_xvlm.WORDS if word.isalpha()]
    captions = tuple(" ".join(generator.choice(words, 1 + number % 8)) for number in range(16))
    return Content(make_split(8, 2), captions, Pictures(some.__getitem__, lambda _: "sha256:noise"))


@pytest.mark.parametrize("depth", [2, 4, 6])
def test_both_directions_are_re_ranked_as_by_brute_force(encoder, content, depth):
    with torch.inference_mode():
        images = encode_pictures(encoder, [content.pictures.open(image) for image in range(8)])
        captions = as_numpy(encoder.encode_captions(content.captions))
    run = rerank(encoder, content, images=images, captions=captions, depth=depth).run
    cosines, matches = images @ captions.T, _all_matches(encoder, content)
    for direction, similar, scores in ((Direction.I2T, cosines, matches), (Direction.T2I, cosines.T, matches.T)):
        expected = np.full(scores.shape, -100.0)
        nearest = np.argsort(-similar, axis=1, kind="stable")[:, :depth]
        np.put_along_axis(expected, nearest, np.take_along_axis(scores, nearest, axis=1), axis=1)
        lists, found = run.lists[direction], np.full(scores.shape, -100.0)
        for query in range(len(scores)):
            row = slice(lists.offsets[query], lists.offsets[query + 1])
            found[query, lists.candidates[row]] = lists.scores[row]
        np.testing.assert_allclose(found, expected, atol=4e-6)


def test_the_score_of_a_pair_does_not_depend_on_the_captions_beside_it(encoder):
    state = encoder.image_state(encoder.prepare_image(pictures()[0]))
    together = encoder.match(state, encoder.caption_states(CAPTIONS))
    alone = [encoder.match(state, encoder.caption_states([caption]))[0] for caption in CAPTIONS]
    np.testing.assert_allclose(together, alone, atol=2e-6)
    np.testing.assert_array_equal(together, encoder.match(state, encoder.caption_states(CAPTIONS)))
    assert np.ptp(together) > 1e-3


# Checkpoints ----------------------------------------------------------------------------------------------------------


def test_a_pre_training_checkpoint_loads_without_its_further_heads(tmp_path, encoder):
    pretrained = _load(write_tiny_xvlm(tmp_path, pretraining=True))
    np.testing.assert_array_equal(encode_pictures(pretrained, pictures()), encode_pictures(encoder, pictures()))
    np.testing.assert_array_equal(pretrained.encode_captions(CAPTIONS), encoder.encode_captions(CAPTIONS))


def test_safetensors_load_as_well(tmp_path, encoder):
    same = _load(write_tiny_xvlm(tmp_path, name="tiny.safetensors"))
    np.testing.assert_array_equal(encode_pictures(same, pictures()), encode_pictures(encoder, pictures()))


def test_larger_pictures_interpolate_the_position_biases(reference):
    larger = _load(f"{reference}@64")
    assert larger.network.sizes.window == 8
    assert "resized to 64 x 64" in larger.facts.image_transform
    assert larger.facts.image_transform.endswith("position biases interpolated from windows of 4 to 8 tokens")
    assert larger.facts.reference.endswith("@64")
    check_encoder(larger)
    state = published_state()
    key = "vision_encoder.layers.0.blocks.0.attn.relative_position_bias_table"
    from evaluator.networks.xvlm_interpolation import interpolate_bias_table

    table = larger.network.state_dict()[key]
    assert table.shape == (225, 1)
    np.testing.assert_array_equal(table, interpolate_bias_table(state[key], 15))
    # The bias of a token on itself, and on its direct neighbours, is kept.
    square, trained = table.reshape(15, 15), state[key].reshape(7, 7)
    np.testing.assert_allclose(square[6:9, 6:9], trained[2:5, 2:5], atol=1e-6)
    np.testing.assert_allclose(square[0, 0], trained[0, 0], atol=1e-3)


@pytest.mark.parametrize("pixels", [36, 24, 16, 9999, 1])
def test_a_size_of_pictures_that_does_not_fit_is_refused(reference, pixels):
    with pytest.raises(ModelError, match=r"X-VLM cannot see pictures of|X-VLM pictures are|not those of this network"):
        _load(f"{reference}@{pixels}")


def test_a_network_of_other_sizes_names_the_first_weights_that_differ(tmp_path):
    reference = write_tiny_xvlm(tmp_path)
    (tmp_path / "xvlm.json").write_text(json.dumps(SIZES | {"layers": 3, "mlp": 40}))
    with pytest.raises(ModelError) as raised:
        _load(reference)
    message = str(raised.value)
    assert message.startswith(f"The weights in {tmp_path / 'tiny.pth'} are not those of this network, which has ")
    assert "26 unexpected: text_encoder.encoder.layer.3.attention.self.query.weight, " in message
    assert "9 of another shape: text_encoder.encoder.layer.0.intermediate.dense.weight (48 × 24, expected" in message


def test_weights_of_another_model_are_not_those_of_x_vlm(tmp_path):
    torch.save({"model": {"visual.proj": torch.ones(2, 2)}}, tmp_path / "clip.pth")
    write_tiny_xvlm(tmp_path)
    with pytest.raises(
        ModelError, match=r"missing: temp, vision_encoder\S+, \S+, \.\.\.; 1 unexpected: visual\.proj\."
    ):
        _load(f"xvlm:file:{tmp_path / 'clip.pth'}")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('{"depth": 3}', r"xvlm\.json is no file of X-VLM's sizes: depth: "),
        ('{"hidden": "wide"}', r"hidden: "),
        ("[1]", "the whole file: "),
        ("{", "the whole file: "),
        ('{"hidden": 30, "heads": 4}', "width 30 .hidden. of an X-VLM network is no multiple of its 4 heads"),
        ('{"layers": 0}', "The size layers of an X-VLM network is 0, expected at least 1"),
        ('{"swin_heads": [4, 8]}', "found 4 depths and 2 numbers of heads"),
        ('{"image_size": 400}', "are a multiple of 32 and of the window 12 pixels wide, found 400"),
        ('{"text_layers": 12}', "fewer text layers than layers, found 12 of 12"),
        ('{"max_tokens": 600}', "at least one position per token, found 512 for 600"),
        (f'{{"hidden": 48{" " * 70_000}}}', "too many for the sizes of a network"),
    ],
)
def test_a_wrong_file_of_sizes_is_named(tmp_path, content, found):
    (tmp_path / "xvlm.json").write_text(content)
    with pytest.raises(ModelError, match=found):
        read_sizes(tmp_path / "xvlm.json")


def test_sizes_left_out_are_those_published(tmp_path):
    (tmp_path / "xvlm.json").write_text('{"image_size": 224, "window": 7}')
    assert read_sizes(tmp_path / "xvlm.json") == XvlmSizes().at(224) == XvlmSizes().with_window(7)


# Vocabulary -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("a\nb\n", r"is no vocabulary of bert-base-uncased: it lacks \[CLS\], \[UNK\], \[PAD\]"),
        ("[PAD]\n[UNK]\n[CLS]\na\na\n", "it has entries twice"),
        ("\n".join(["[PAD]", "[UNK]", "[CLS]", *map(str, range(62))]), "has 65 entries, the network has .* for 64"),
        (b"\xff\xfe", "is no vocabulary in UTF-8"),
        ("x" * (17 << 20), "too many for a vocabulary"),
    ],
)
def test_a_wrong_vocabulary_is_named(tmp_path, content, found):
    reference = write_tiny_xvlm(tmp_path)
    (tmp_path / "vocab.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ModelError, match=found):
        _load(reference)


def test_without_a_vocabulary_the_message_says_where_to_put_it(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    reference = write_tiny_xvlm(tmp_path)
    (tmp_path / "vocab.txt").unlink()
    expected = r"vocabulary of bert-base-uncased, expected as .*weights/bert-base-uncased/vocab\.txt\. Wanted the file"
    with pytest.raises(MissingHereError, match=expected):
        _load(reference)


def test_the_vocabulary_of_the_folder_of_weights_has_to_be_the_whole_one(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))
    reference = write_tiny_xvlm(tmp_path / "here")
    place = tmp_path / "weights" / "bert-base-uncased" / "vocab.txt"
    place.parent.mkdir(parents=True)
    (tmp_path / "here" / "vocab.txt").rename(place)
    with pytest.raises(ModelError, match=rf"has {len(tiny_xvlm.WORDS)} entries, the network has embeddings for 64"):
        _load(reference)
    place.write_text("".join(f"{word}\n" for word in [*tiny_xvlm.WORDS, *map(str, range(64))][:64]))
    assert _load(reference).reader.start == 2


# References -----------------------------------------------------------------------------------------------------------


def test_an_unknown_name_suggests_near_ones():
    with pytest.raises(ModelError, match=r"no checkpoint of X-VLM named '4m-386'\. Did you mean 4m-384"):
        _load("xvlm:4m-386")
    with pytest.raises(ModelError, match="no checkpoint of X-VLM named 'file:'"):
        MODELS["xvlm"].check("file:")
    MODELS["xvlm"].check("file:x.pth@224")
    MODELS["xvlm"].check("4m-224")


@pytest.mark.parametrize("checkpoint", MODELS["xvlm"].checkpoints, ids=lambda one: one.name)
def test_published_weights_are_to_be_downloaded_by_hand(tmp_path, checkpoint):
    with pytest.raises(MissingHereError) as raised:
        _load(f"xvlm:{checkpoint.name}")
    message = str(raised.value)
    assert str(tmp_path / "var" / "weights" / "xvlm") in message
    assert f"download them by hand from {checkpoint.source} and save them there" in message
    assert checkpoint.licence == "BSD-3-Clause"
    assert checkpoint.resolution in (224, 384)


def test_a_published_name_takes_a_given_file_and_expects_the_published_network(reference):
    with pytest.raises(ModelError, match=r"not those of this network, which has 5\d\d; \d+ missing: vision_encoder"):
        _load("xvlm:4m-224", weights=_file(reference))


def test_the_published_network_takes_weights_of_any_origin(reference):
    with pytest.raises(ModelError, match="xvlm:base-384 is the published network without weights"):
        _load("xvlm:base-384")
    with pytest.raises(ModelError, match=r"not those of this network, which has 5\d\d; "):
        _load("xvlm:base-384", weights=_file(reference))


def test_what_contradicts_itself_is_refused(reference):
    with pytest.raises(ModelError, match=r"names a file of weights, and other\.pth was given besides"):
        _load(reference, weights="other.pth")
    with pytest.raises(ModelError, match="has no revision 'abc': its weights are files without revisions"):
        _load(reference, revision="abc")
    with pytest.raises(ModelError, match="expected SHA-256 00, found"):
        _load(reference, weights_sha256="00")
    with pytest.raises(MissingHereError, match=r"found nothing at .*absent\.pth"):
        _load("xvlm:file:absent.pth")


def test_the_file_given_may_be_that_of_the_name(reference, encoder):
    assert _load(reference, weights=_file(reference)).facts == encoder.facts


def test_the_cross_encoder_is_an_encoder_with_fields_that_do_not_change(encoder):
    typed: Encoder = encoder
    with pytest.raises(dataclasses.FrozenInstanceError):
        typed.head_rule = "itm+itc"


# The published network ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pixels", [224, 384])
def test_the_published_network_has_as_many_parameters_as_its_checkpoints_say(pixels):
    from evaluator.networks.xvlm import Xvlm

    with torch.device("meta"):
        network = Xvlm(XvlmSizes().at(pixels))
    count = sum(weight.numel() for weight in network.parameters())
    assert {one.parameters for one in MODELS["xvlm"].checkpoints if one.resolution == pixels} == {count}


def test_the_window_of_a_file_is_read_only_from_a_table_that_can_be_one():
    from evaluator.networks.xvlm_layout import FIRST_BIAS_TABLE, published_window

    assert published_window({FIRST_BIAS_TABLE: torch.ones(169, 4)}) == 7
    for wrong in (torch.ones(168, 4), torch.ones(4, 4), torch.ones(169), torch.ones(1).expand(1 << 40, 4)):
        assert published_window({FIRST_BIAS_TABLE: wrong}) is None
    assert published_window({}) is None


def test_a_file_without_sizes_beside_it_is_read_as_the_published_network_of_its_window(tmp_path):
    from evaluator.models.xvlm.checkpoint import Source, sizes_for
    from evaluator.networks.xvlm_layout import FIRST_BIAS_TABLE

    state = {FIRST_BIAS_TABLE: torch.ones(169, 4)}
    weights = tmp_path / "any.th"
    assert sizes_for(Source(weights, None, is_published=False), state) == XvlmSizes().at(224)
    assert sizes_for(Source(weights, 384, is_published=False), state) == XvlmSizes()
    assert sizes_for(Source(weights, None, is_published=False), {}) == XvlmSizes()
    assert tiny_sizes().vision_width == 32
