"""The tiny CLIP learns, the same from the same seed, and what it learned loads as any checkpoint of open_clip."""

import json

import numpy as np
import open_clip
import pytest
import torch

from evaluator.model import ModelRequest, load_model
from evaluator.toy_clip import checkpoints, training
from evaluator.toy_clip.checkpoints import checkpoint_path, is_current, write_checkpoint
from evaluator.toy_clip.learner import Learner, new_learner, whole_state
from evaluator.toy_clip.lessons import Lesson, altered, batches, make_known, read_lesson
from evaluator.toy_clip.recipe import ARCHITECTURE, DATASETS, Recipe
from evaluator.toy_clip.training import first_places, losses, train
from splits import SPLITS
from splits.content import load_content

SECONDS = Recipe(epochs=25, batch=20, average=0.8, word_weight=0.0, word_dropout=0.0, label_smoothing=0.0, looks=1)
"""A few seconds of training on few pictures."""


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def lessons():
    return [read_lesson(f"{dataset}/train") for dataset in DATASETS]


def few(lesson, count):
    """The first pictures of a lesson, with their own captions."""
    rows = count * lesson.captions_per_picture
    return Lesson(lesson.pictures[:count], lesson.tokens[:rows], lesson.fits[:count, :rows])


@pytest.fixture
def small(lessons, monkeypatch):
    """Training on the first pictures alone."""
    found = {f"{dataset}/{part}": few(lesson, 24) for dataset, lesson in zip(DATASETS, lessons, strict=True)
             for part in ("train", "validation")}  # fmt: skip
    monkeypatch.setattr(training, "read_lesson", found.__getitem__)
    return Recipe(epochs=2, batch=8)


@pytest.fixture
def learner(lessons):
    torch.manual_seed(0)
    return new_learner(lessons)


def loaded(state):
    make_known()
    model = open_clip.CLIP(**open_clip.get_model_config(ARCHITECTURE))
    model.load_state_dict(state)
    return model.eval()


def test_some_steps_reduce_the_loss(learner, lessons):
    recipe = Recipe(epochs=1, batch=16, warm_up=0.0, label_smoothing=0.0)
    lesson = [few(lesson, 16) for lesson in lessons]
    run = training._Training(learner, recipe, lesson, lesson)
    drawn = [next(batches(one, recipe, torch.Generator().manual_seed(0))) for one in lesson]
    found = [run.step(drawn, 0.0) for _ in range(8)]
    assert found[-1] < 0.8 * found[0]


def test_seconds_of_training_find_many_times_more_than_chance(lessons, monkeypatch):
    lesson = few(lessons[1], 80)
    monkeypatch.setattr(training, "DATASETS", ("toy-object",))
    monkeypatch.setattr(training, "read_lesson", lambda name: lesson)
    model = loaded(train(0, recipe=SECONDS))
    with torch.inference_mode():
        pictures, captions = model.encode_image(lesson.pictures), model.encode_text(lesson.tokens)
    likeness = torch.nn.functional.normalize(pictures, dim=-1) @ torch.nn.functional.normalize(captions, dim=-1).T
    assert (likeness.argmax(1) == torch.arange(80)).float().mean() > 8 / 80


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(small):
    first, again, other = train(3, recipe=small), train(3, recipe=small), train(4, recipe=small)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["visual.conv1.weight"], other["visual.conv1.weight"])


def test_training_leaves_the_random_numbers_of_others_alone(small):
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    train(0, recipe=small)
    assert torch.equal(torch.rand(3), expected)


def test_training_tells_how_far_it_is(small):
    told = []
    train(1, recipe=small, tell=told.append)
    assert told[0].stage == "train seed 1"
    assert (told[-1].done, told[-1].total) == (6, 6)


def test_of_the_weights_looked_at_the_best_on_validation_is_kept(small, monkeypatch):
    found = []
    monkeypatch.setattr(
        training, "first_places", lambda learner, lessons: found.append(whole_state(learner)) or -len(found)
    )
    state = train(0, recipe=small)
    assert len(found) > 1
    assert all(torch.equal(state[name], found[0][name]) for name in state)
    assert not torch.equal(found[0]["logit_scale"], found[1]["logit_scale"])


def test_the_running_average_encodes_and_follows(learner, lessons):
    recipe, lesson = Recipe(epochs=1, batch=8, average=0.5), [few(lesson, 16) for lesson in lessons]
    run = training._Training(learner, recipe, lesson, lesson)
    before = run.average.parts["words"].weight.clone()
    run.step([next(batches(one, recipe, torch.Generator())) for one in lesson], 0.5)
    now, average = learner.parts["words"].weight, run.average.parts["words"].weight
    assert torch.allclose(average, (before + now) / 2, atol=1e-7)
    run.average.parts.eval()
    with torch.inference_mode():
        assert run.average.encode_captions(lesson[0].tokens).isfinite().all()
        assert run.average.encode_pictures(lesson[0].pictures).isfinite().all()


def test_a_checkpoint_is_an_ordinary_one_of_open_clip(small, tmp_path):
    path = write_checkpoint(tmp_path, 2, recipe=small)
    assert path == checkpoint_path(tmp_path, 2)
    make_known()
    by_hand, _, transform = open_clip.create_model_and_transforms(ARCHITECTURE, pretrained=str(path))
    encoder = load_model(f"open_clip:{ARCHITECTURE}", ModelRequest("", weights=path))
    content = load_content(SPLITS["toy-object/test"].read())
    picture, captions = content.pictures.open(0), list(content.captions[:3])
    tokens = open_clip.get_tokenizer(ARCHITECTURE)(captions)
    with torch.inference_mode():
        expected = by_hand.eval().encode_text(tokens, normalize=True)
        seen = by_hand.encode_image(transform(picture)[None], normalize=True)
        assert torch.allclose(encoder.encode_captions(captions), expected, atol=1e-6)
        batch = encoder.collate_images([encoder.prepare_image(picture)])
        assert torch.allclose(encoder.encode_images(batch), seen, atol=1e-6)


def test_a_checkpoint_says_how_it_came_to_be_and_is_the_same_file_again(small, tmp_path):
    from safetensors import safe_open

    first, again = (write_checkpoint(tmp_path / name, 1, recipe=small) for name in ("a", "b"))
    assert first.read_bytes() == again.read_bytes()
    with safe_open(first, framework="numpy") as file:
        said = json.loads(file.metadata()[checkpoints.ABOUT])
    assert (said["architecture"], said["seed"], said["recipe"]) == ("open_clip:toy-clip", 1, small.digest)
    assert said["trained_on"] == {name: SPLITS[name].digest for name in ("toy-scene/train", "toy-object/train")}


def test_a_checkpoint_of_another_seed_or_recipe_or_a_damaged_one_is_not_current(small, tmp_path):
    path = write_checkpoint(tmp_path, 1, recipe=small)
    assert is_current(path, 1, recipe=small)
    assert not is_current(path, 2, recipe=small)
    assert not is_current(path, 1)
    path.write_bytes(path.read_bytes()[:100])
    assert not is_current(path, 1, recipe=small)
    assert not is_current(tmp_path / "nothing.safetensors", 1)


def test_captions_are_encoded_as_the_library_encodes_them(learner, lessons):
    model = loaded(whole_state(learner))
    learner.parts.eval()
    with torch.inference_mode():
        for lesson in lessons:
            tokens = lesson.tokens[:50]
            assert torch.allclose(learner.encode_captions(tokens), model.encode_text(tokens), atol=1e-6)


def test_pictures_are_prepared_as_the_library_prepares_them(lessons):
    make_known()
    _, _, transform = open_clip.create_model_and_transforms(ARCHITECTURE, load_weights=False)
    pictures = load_content(SPLITS["toy-object/train"].read()).pictures
    for index in (0, 7):
        assert torch.allclose(transform(pictures.open(index)), lessons[1].pictures[index], atol=1e-6)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_the_context_holds_every_toy_caption(part):
    end = open_clip.get_tokenizer("ViT-B-32").eot_token_id
    for dataset in DATASETS:
        assert (read_lesson(f"{dataset}/{part}").tokens == end).any(1).all()


def test_a_batch_pairs_pictures_with_every_caption_that_fits(lessons):
    recipe = Recipe(shift=0, turn=0, zoom=0, tint=0, noise=0)
    for lesson, each in zip(lessons, (2, 1), strict=True):
        batch = next(batches(lesson, recipe, torch.Generator().manual_seed(0)))
        assert batch.fits.shape == (40, 40 * each)
        own = batch.fits.view(40, 40, each)[torch.arange(40), torch.arange(40)]
        assert own.all()


def test_an_epoch_shows_every_picture_once(lessons):
    recipe = Recipe(shift=0, turn=0, zoom=0, tint=0, noise=0)
    drawn = batches(lessons[1], recipe, torch.Generator().manual_seed(0))
    shown = torch.cat([next(drawn).pictures for _ in range(15)])
    assert len(np.unique(shown.numpy().round(3).reshape(600, -1), axis=0)) == 600


def test_pictures_are_altered_only_a_little(lessons):
    pictures = lessons[1].pictures[:8]
    still = altered(pictures, Recipe(shift=0, turn=0, zoom=0, tint=0, noise=0), torch.Generator())
    assert torch.allclose(still, pictures, atol=1e-4)
    moved = altered(pictures, Recipe(), torch.Generator())
    assert moved.shape == pictures.shape
    assert 0 < (moved.mean((1, 2, 3)) - pictures.mean((1, 2, 3))).abs().max() < 0.3


def test_first_places_are_counted_in_both_directions(learner, monkeypatch):
    rows = torch.eye(3)
    monkeypatch.setattr(Learner, "encode_pictures", lambda self, pictures: pictures)
    monkeypatch.setattr(Learner, "encode_captions", lambda self, tokens: tokens)
    fits = torch.eye(3, dtype=torch.bool)
    assert first_places(learner, [Lesson(rows, rows, fits)]) == pytest.approx(2)
    assert first_places(learner, [Lesson(rows, rows[[1, 0, 2]], fits)]) == pytest.approx(2 / 3)


def test_a_caption_that_fits_two_pictures_of_a_batch_is_no_error_for_either(learner, lessons):
    drawn = [next(batches(few(lesson, 8), Recipe(batch=8), torch.Generator())) for lesson in lessons]
    strict, _ = losses(learner, drawn, Recipe(label_smoothing=0))
    for batch in drawn:
        batch.fits[:] = True
    lenient, _ = losses(learner, drawn, Recipe(label_smoothing=0))
    assert lenient < strict


def test_any_change_of_the_settings_changes_the_digest():
    assert Recipe().digest == Recipe().digest
    assert len({Recipe().digest, Recipe(epochs=1).digest, Recipe(noise=0.5).digest}) == 3
