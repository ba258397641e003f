"""The classical baseline learns something, honestly, and no more than it was shown."""

import numpy as np
import pytest

from evaluator.models.cca.pixel_features import pixel_features
from evaluator.models.cca.training import CcaOptions, Cue, examples_of, fit
from evaluator.models.cca.word_features import terms_of, vocabulary_of
from splits import SPLITS
from splits.toy import captions, render_images


def _examples(name):
    return examples_of(render_images(name), captions(name), SPLITS[name].read().image_of_caption)


@pytest.fixture(scope="module")
def parts():
    return {part: _examples(f"toy-object/{part}") for part in ("train", "validation", "test")}


@pytest.fixture(scope="module")
def scene_parts():
    return {part: _examples(f"toy-scene/{part}") for part in ("train", "validation", "test")}


def _first_places(model, examples):
    scores = model.encode_images(examples.images) @ model.encode_captions(examples.captions).T
    return (scores.argmax(axis=0) == examples.image_of_caption).mean()


def _trained(parts, **options):
    seed = options.pop("seed", 0)
    return fit(parts["train"], parts["validation"], seed=seed, options=CcaOptions(**options))


@pytest.mark.parametrize("which", ["parts", "scene_parts"])
def test_stands_clearly_between_chance_and_perfect(which, request):
    parts = request.getfixturevalue(which)
    found = _first_places(_trained(parts), parts["test"])
    assert 0.1 < found < 0.6
    assert found > 20 / len(parts["test"].images.colour)


@pytest.mark.parametrize("which", ["parts", "scene_parts"])
@pytest.mark.parametrize(
    "weaker", [{"cues": frozenset({Cue.COLOUR})}, {"cues": frozenset({Cue.SHAPE})}, {"n_terms": 15}], ids=str
)
def test_less_evidence_makes_a_weaker_system(which, weaker, request):
    parts = request.getfixturevalue(which)
    assert _first_places(_trained(parts, **weaker), parts["test"]) < 0.8 * _first_places(_trained(parts), parts["test"])


def test_encodings_have_length_one_in_single_precision(parts):
    model = _trained(parts)
    for rows in (model.encode_images(parts["test"].images), model.encode_captions(parts["test"].captions)):
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_images_may_be_given_as_pixels(parts):
    model = _trained(parts)
    pixels = model.encode_images(render_images("toy-object/test"))
    assert np.array_equal(pixels, model.encode_images(parts["test"].images))


def test_a_caption_of_unknown_words_gets_a_finite_encoding(parts):
    assert np.isfinite(_trained(parts).encode_captions(["zyzzyva quux", ""])).all()


def test_the_same_seed_gives_the_same_system(parts):
    first, second = (_trained(parts, seed=3).encode_images(parts["test"].images) for _ in range(2))
    assert np.array_equal(first, second)


def test_another_seed_gives_another_system(parts):
    first, second = (
        (m := _trained(parts, seed=seed)).encode_images(parts["test"].images)
        @ m.encode_captions(parts["test"].captions).T
        for seed in (0, 1)
    )
    assert not np.array_equal(first.argsort(axis=1), second.argsort(axis=1))


def test_regularisation_is_chosen_on_validation(parts):
    one_by_one = {r: _trained(parts, regularisations=(r,)) for r in (1e-6, 0.05)}
    chosen = _trained(parts, regularisations=tuple(one_by_one))
    assert _first_places(one_by_one[1e-6], parts["validation"]) < _first_places(one_by_one[0.05], parts["validation"])
    assert chosen.regularisation == 0.05


class TestPixelFeatures:
    def test_tell_colours_apart_where_they_are(self):
        images = np.full((3, 64, 64, 3), 200, dtype=np.uint8)
        images[0, :20, :20] = (206, 44, 49)
        images[1, :20, :20] = (44, 92, 200)
        images[2, -20:, -20:] = (206, 44, 49)
        colour = pixel_features(images).colour
        assert len({row.tobytes() for row in colour}) == 3

    def test_see_an_upright_edge_and_a_level_one_in_different_orientations(self):
        images = np.zeros((2, 64, 64, 3), dtype=np.uint8)
        images[0, :, 32:] = 255
        images[1, 32:] = 255
        overall = pixel_features(images).shape[:, -12:]
        assert overall[0].argmax() != overall[1].argmax()
        assert np.count_nonzero(overall[0][1:-1]) == 0

    def test_of_shape_do_not_see_colour_alone(self):
        images = np.zeros((2, 64, 64, 3), dtype=np.uint8)
        images[0], images[1] = (206, 44, 49), (44, 92, 200)
        assert not pixel_features(images).shape.any()


class TestVocabulary:
    def test_pairs_follow_words(self):
        assert terms_of("A big RED box") == ["a", "big", "red", "box", "a big", "big red", "red box"]
        assert terms_of("A big RED box", pairs=False) == ["a", "big", "red", "box"]

    def test_keeps_the_most_frequent_terms_and_orders_ties_by_the_alphabet(self):
        vocabulary = vocabulary_of(["red box", "red disc", "blue disc"], n_terms=3, pairs=False)
        assert list(vocabulary.places) == ["disc", "red", "blue"]

    def test_rare_words_weigh_more(self):
        vocabulary = vocabulary_of(["red box", "red disc", "red star"], n_terms=4, pairs=False)
        row = vocabulary.features(["red star"])[0]
        assert row[vocabulary.places["star"]] > row[vocabulary.places["red"]] > 0
        assert np.linalg.norm(row) == pytest.approx(1)
