"""What images contribute to a value: by hand, and against the bootstrap that resamples them."""

import numpy as np
import pytest

from evaluator.by_image import ByImage, averaged, by_image
from evaluator.evaluation import evaluate
from evaluator.metric import Aggregate
from evaluator.protocol import PROTOCOLS, Protocol
from evaluator.run import ListRun, MatrixRun, ScoreFile
from evaluator.uncertainty import Sample, resample
from splits.split import Direction
from tests.unit.evaluator.conftest import make_split
from tests.unit.evaluator.test_ranking import full_lists


def sample_of(values, owners, aggregate=Aggregate.MEAN):
    return Sample(np.asarray(values, float), np.asarray(owners), aggregate)


def hits(rng, n_images, captions_each):
    """Hits of an image and of its captions, which follow one chance, with other numbers of captions."""
    chance = rng.beta(1, 1, n_images)
    owners = np.repeat(np.arange(n_images), captions_each)
    return [
        sample_of(rng.random(n_images) < chance, np.arange(n_images)),
        sample_of(rng.random(len(owners)) < chance[owners], owners),
    ]


def test_effects_of_one_query_per_image_are_distances_from_the_mean():
    found = by_image([sample_of([1, 1, 0, 0, 0], range(5))], 5)
    assert found.value == pytest.approx(0.4)
    assert found.effects == pytest.approx(np.array([0.6, 0.6, -0.4, -0.4, -0.4]) / 5)
    assert found.error == pytest.approx(np.std([1, 1, 0, 0, 0], ddof=1) / np.sqrt(5))


def test_captions_of_one_image_count_as_one_observation():
    of_image = np.array([1, 0, 0, 1, 1, 0])
    alone = by_image([sample_of(of_image, range(6))], 6)
    repeated = by_image([sample_of(np.repeat(of_image, 5), np.repeat(np.arange(6), 5))], 6)
    assert repeated.effects == pytest.approx(alone.effects)


@pytest.mark.parametrize("folds", [None, np.repeat([0, 1, 2, 3], 100).astype(np.uint8)])
def test_the_error_is_that_of_the_bootstrap_over_images(folds):
    rng = np.random.default_rng(4)
    samples = hits(rng, 400, rng.integers(1, 8, 400))
    draws = resample(samples, 400, seed=1, folds=folds, draws=4000).sum(axis=0)
    assert by_image(samples, 400, folds=folds).error == pytest.approx(draws.std(), rel=0.05)


def test_effects_add_up_to_nothing_with_any_number_of_captions():
    rng = np.random.default_rng(5)
    found = by_image(hits(rng, 60, rng.integers(1, 8, 60)), 60, folds=np.repeat([0, 1, 2], 20).astype(np.uint8))
    assert found.effects.sum() == pytest.approx(0, abs=1e-15)


def test_images_without_a_query_have_no_effect_and_are_not_counted():
    found = by_image([sample_of([1, 0], [3, 7])], 10)
    assert np.flatnonzero(found.effects).tolist() == [3, 7]
    assert found.n_clusters == 2


def test_a_weight_scales_value_and_effects():
    sample = sample_of([1, 0, 0], range(3))
    whole, half = by_image([sample, sample], 3), by_image([sample, sample], 3, weight=0.5)
    assert half.value == pytest.approx(whole.value / 2)
    assert half.effects == pytest.approx(whole.effects / 2)


def test_a_median_has_no_effects():
    with pytest.raises(ValueError, match="a median is not"):
        by_image([sample_of([1, 2], range(2), Aggregate.MEDIAN)], 2)


def test_runs_are_averaged_image_by_image():
    first, second = ByImage(0.4, np.array([0.2, -0.2]), 2), ByImage(0.6, np.array([-0.2, 0.2]), 2)
    found = averaged([first, second])
    assert (found.value, found.effects.tolist(), found.error) == (0.5, [0, 0], 0)


def test_runs_on_other_images_are_not_averaged():
    with pytest.raises(ValueError, match="the same images"):
        averaged([ByImage(0.4, np.zeros(2), 2), ByImage(0.4, np.zeros(3), 3)])


@pytest.mark.parametrize(
    ("metrics", "name"), [(("R@1", "R@5", "R@10"), "rsum"), (("mAP@R", "R@1"), "mAP@R"), (("MRR",), None)]
)
def test_a_report_says_what_images_do_to_the_value_that_boards_rank_on(metrics, name):
    rng = np.random.default_rng(3)
    scores = (rng.standard_normal((60, 120)) + 2 * np.repeat(np.eye(60), 2, axis=1)).astype(np.float32)
    protocol = Protocol("p", 1, "P", None, metrics=metrics)
    report = evaluate(ScoreFile(MatrixRun(scores), "matrix"), protocol, make_split(60, 2))
    assert list(report.by_image) == ([] if name is None else [name])
    for found in report.by_image.values():
        parts = [m.expected for m in report.measurements if m.metric == name]
        assert found.value == pytest.approx(np.mean(parts))
        assert (len(found.effects), found.n_clusters) == (60, 60)


def test_a_report_of_one_direction_has_no_value_to_rank_on():
    scores = np.random.default_rng(3).standard_normal((60, 120)).astype(np.float32)
    lists = ListRun({Direction.I2T: full_lists(scores)})
    assert evaluate(ScoreFile(lists, "trec"), PROTOCOLS["standard"], make_split(60, 2)).by_image == {}
