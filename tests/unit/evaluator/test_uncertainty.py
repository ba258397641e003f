import numpy as np
import pytest

from evaluator.kernel import weighted_medians
from evaluator.metric import Aggregate
from evaluator.uncertainty import Sample, interval, resample


def sample_of(values, owners, aggregate=Aggregate.MEAN):
    return Sample(np.asarray(values, float), np.asarray(owners), aggregate)


def test_independent_queries_have_the_interval_of_the_textbook():
    rng = np.random.default_rng(0)
    values = (rng.random(2000) < 0.3).astype(float)
    low, high = interval(resample([sample_of(values, np.arange(2000))], 2000, seed=1)[0])
    error = np.sqrt(values.mean() * (1 - values.mean()) / 2000)
    assert (high - low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.08)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=error / 4)


def test_captions_of_one_image_count_as_one_observation():
    rng = np.random.default_rng(0)
    of_image = (rng.random(400) < 0.5).astype(float)
    clustered = resample([sample_of(np.repeat(of_image, 5), np.repeat(np.arange(400), 5))], 400, seed=1)[0]
    alone = resample([sample_of(of_image, np.arange(400))], 400, seed=1)[0]
    assert clustered == pytest.approx(alone)


def test_the_interval_covers_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(3)
    covered = 0
    for repeat in range(300):
        chance = rng.beta(2, 3, 150)
        values = (rng.random((150, 5)) < chance[:, None]).astype(float).ravel()
        owners = np.repeat(np.arange(150), 5)
        low, high = interval(resample([sample_of(values, owners)], 150, seed=repeat)[0])
        covered += low <= 0.4 <= high
    # 300 draws of a 95 % event: 3 standard deviations are 3.8 points.
    assert 0.90 <= covered / 300 <= 0.985


def test_both_directions_are_resampled_with_the_same_images():
    values = np.random.default_rng(1).random(100)
    draws = resample([sample_of(values, np.arange(100)), sample_of(-values, np.arange(100))], 100, seed=4)
    assert draws.sum(axis=0) == pytest.approx(0, abs=1e-12)


def test_images_are_drawn_within_their_folds():
    folds = np.repeat([0, 1], 50).astype(np.uint8)
    values = np.repeat([0.0, 1.0], 50)
    draws = resample([sample_of(values, np.arange(100))], 100, seed=0, folds=folds)
    assert np.all(draws == 0.5)


def test_images_that_no_query_belongs_to_are_not_drawn():
    draws = resample([sample_of([1.0, 0.0], [3, 7])], 10, seed=0)
    assert set(np.round(draws[0], 9)) == {0.0, 0.5, 1.0}


@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_weighted_medians_equal_the_median_of_the_repeated_values(n):
    rng = np.random.default_rng(n)
    values, owners = np.sort(rng.integers(0, 6, n).astype(float)), rng.integers(0, 4, n)
    weights = rng.integers(0, 4, (50, 4))
    out = np.empty(50)
    weighted_medians(values, owners, weights, out)
    for row, median in zip(weights, out, strict=True):
        repeated = np.repeat(values, row[owners])
        assert (np.isnan(median) and not len(repeated)) or median == np.median(repeated)


def test_a_seed_gives_the_same_interval_every_time_and_another_seed_another():
    one = sample_of(np.random.default_rng(1).random(300), np.arange(300))
    assert np.array_equal(resample([one], 300, seed=5), resample([one], 300, seed=5))
    assert not np.array_equal(resample([one], 300, seed=5), resample([one], 300, seed=6))


def test_nothing_to_resample_has_no_interval():
    assert interval(np.full(10, np.nan)) is None


def test_a_median_is_resampled_where_no_mean_is():
    alone = resample([sample_of([1, 2, 3, 4], [0, 1, 2, 3], Aggregate.MEDIAN)], 4, seed=1)
    beside = resample(
        [sample_of([1, 2, 3, 4], [0, 1, 2, 3], Aggregate.MEDIAN), sample_of([0, 1, 0, 1], [0, 1, 2, 3])], 4, seed=1
    )
    assert alone[0].tolist() == beside[0].tolist()
