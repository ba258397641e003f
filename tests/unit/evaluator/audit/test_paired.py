"""The paired test: by hand, by simulation under the null and with a real gap, and for all pairs at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtri

from evaluator.audit.holm import holm, rejected
from evaluator.audit.paired import all_differences, deciding_pvalues, paired_pvalues, paired_test
from evaluator.by_image import ByImage, by_image
from evaluator.metric import Aggregate
from evaluator.uncertainty import Sample

RECALLS = (0.4, 0.7, 0.8)


def of_images(values):
    values = np.asarray(values, float)
    return by_image([Sample(values, np.arange(len(values)), Aggregate.MEAN)], len(values))


def simulated(rng, n_images, *, alike=0.7, gain=0.0, recalls=RECALLS, captions_each=5):
    """rsum of two systems whose hits share the images' difficulty and, each, depend within an image.

    A hit at K is a hit at every larger K, five captions of an image are alike, and the systems find the same ones hard.
    """
    image = rng.normal(size=n_images)
    found = []
    for number in range(2):
        own = rng.normal(size=n_images)
        samples = []
        for owners in (np.arange(n_images), np.repeat(np.arange(n_images), captions_each)):
            ease = image[owners] * alike + own[owners] * 0.4 + rng.normal(size=len(owners)) * np.sqrt(0.84 - alike**2)
            samples += [
                Sample((ease < ndtri(rate) + gain * number).astype(float), owners, Aggregate.MEAN) for rate in recalls
            ]
        found.append(by_image(samples, n_images))
    return found


def test_with_one_query_per_image_it_is_the_paired_t_test():
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.05, 1, 4000), rng.normal(0, 1, 4000)
    found, expected = paired_test(of_images(first), of_images(second)), stats.ttest_rel(first, second)
    assert found.gap == pytest.approx(np.mean(first - second))
    assert found.gap / found.error == pytest.approx(expected.statistic)
    # The degrees of freedom are those of deciding images, a third of all for normal differences.
    assert found.deciding == pytest.approx(4000 / 3, rel=0.1)
    assert found.pvalue == pytest.approx(expected.pvalue, rel=0.05)
    assert found.ci95 == pytest.approx(tuple(expected.confidence_interval()), abs=1e-3)


@pytest.mark.parametrize(
    ("n_images", "recalls", "least", "most"),
    [(1000, RECALLS, 0.038, 0.062), (200, RECALLS, 0.03, 0.062), (200, (0.01, 0.03, 0.05), 0, 0.062)],
)
def test_systems_that_are_equally_good_differ_in_one_study_of_twenty_at_most(n_images, recalls, least, most):
    rng = np.random.default_rng(n_images)
    pvalues = [paired_test(*simulated(rng, n_images, recalls=recalls)).pvalue for _ in range(1500)]
    # 1,500 draws of a 5 % event: 2 standard deviations are 1.1 points. Rare hits are tested on the safe side.
    assert least <= np.mean(np.array(pvalues) < 0.05) <= most


def test_a_test_that_took_captions_for_independent_would_err_far_more_often():
    rng = np.random.default_rng(8)
    errors = []
    for _ in range(400):
        image, owners = rng.normal(size=(2, 200)), np.repeat(np.arange(200), 5)
        hits = [(own[owners] + 0.3 * rng.normal(size=1000) < 0).astype(float) for own in image]
        errors.append(
            (
                stats.ttest_rel(*hits).pvalue < 0.05,
                paired_test(*(by_image([Sample(own, owners, Aggregate.MEAN)], 200) for own in hits)).pvalue < 0.05,
            )
        )
    naive, ours = np.mean(errors, axis=0)
    assert naive > 0.25
    assert ours < 0.075


def test_a_real_gap_is_found_that_an_unpaired_test_misses():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(200):
        second, first = simulated(rng, 1000, alike=0.85, gain=0.08)
        unpaired = (first.value - second.value) / np.hypot(first.error, second.error)
        found.append((paired_test(first, second).pvalue < 0.05, unpaired > 1.96))
    ours, unpaired = np.mean(found, axis=0)
    assert ours > 0.8 > unpaired + 0.4


@pytest.mark.parametrize("level", [0.05, 0.01, 0.001])
def test_systems_that_differ_on_few_images_are_judged_no_bolder_than_by_the_sign_test(level):
    for n_other in range(1, 40):
        second = np.zeros(500)
        second[:n_other] = 1
        if paired_test(of_images(second), of_images(np.zeros(500))).pvalue < level:
            assert stats.binomtest(n_other, n_other).pvalue < level


def test_equal_results_are_no_different():
    one = of_images([1, 0, 1, 1])
    found = paired_test(one, one)
    assert (found.gap, found.pvalue, found.ci95) == (0, 1, (0, 0))


def test_a_gap_without_scatter_is_as_sure_as_coins_on_one_side():
    found = paired_test(of_images(np.ones(8)), of_images(np.zeros(8)))
    assert found.pvalue == pytest.approx(2**-7)


def test_the_order_of_the_systems_changes_the_sign_only():
    first, second = simulated(np.random.default_rng(6), 100)
    one, other = paired_test(first, second), paired_test(second, first)
    assert (one.gap, one.pvalue) == (pytest.approx(-other.gap), pytest.approx(other.pvalue))


def test_results_on_other_images_are_not_paired():
    with pytest.raises(ValueError, match="same split"):
        paired_test(of_images([1, 0]), of_images([1, 0, 1]))


def many_systems(rng, n, n_images):
    """Systems of all strengths, among them one twice and one that differs from another on a single image."""
    systems = [simulated(rng, n_images, gain=gain)[1] for gain in np.linspace(-0.4, 0.4, n)]
    nearly = systems[0].effects.copy()
    nearly[3] += 1e-3
    nearly -= nearly.mean()
    return [*systems, systems[0], ByImage(systems[0].value + 1e-3, nearly, n_images)]


def compared(systems):
    values = np.array([one.value for one in systems])
    above, below = np.triu_indices(len(systems), 1)
    found = all_differences(values, [one.effects for one in systems]).at((above, below))
    return values[above] - values[below], found, list(zip(above.tolist(), below.tolist(), strict=True))


def test_all_pairs_at_once_are_what_each_pair_is_alone():
    systems = many_systems(np.random.default_rng(7), 8, 700)
    gap, found, pairs = compared(systems)
    alone = [paired_test(systems[i], systems[j]) for i, j in pairs]
    assert paired_pvalues(gap, found, 700) == pytest.approx([one.pvalue for one in alone], rel=1e-6)
    assert found.deciding == pytest.approx([one.deciding for one in alone], rel=1e-6)


@pytest.mark.parametrize("n_images", [30, 700])
def test_what_is_settled_without_students_distribution_is_settled_the_same(n_images):
    systems = many_systems(np.random.default_rng(n_images), 25, n_images)
    gap, found, _ = compared(systems)
    exact, quick = paired_pvalues(gap, found, n_images), deciding_pvalues(gap, found, n_images, n_tests=len(gap))
    decided = holm(exact) < 0.05
    assert decided.any()
    assert not decided.all()
    assert np.array_equal(rejected(quick, alpha=0.05), decided)


def test_a_system_that_is_better_on_all_images_but_one_is_better():
    first, second = np.ones(200), np.zeros(200)
    first[17] = 0
    found = paired_test(of_images(first), of_images(second))
    assert found.pvalue < 1e-12
    assert found.deciding == pytest.approx(199)


def test_holms_correction_is_that_of_the_textbook():
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]).tolist() == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.04, 0.001, 0.6]).tolist() == pytest.approx([0.08, 0.003, 0.6])
    assert holm([0.9, 0.8]).tolist() == [1, 1]


@given(st.lists(st.sampled_from([0.0, 0.001, 0.004, 0.01, 0.02, 0.049, 0.05, 0.3, 1.0]), max_size=12))
def test_what_is_rejected_is_what_has_an_adjusted_p_value_below_the_level(pvalues):
    found = rejected(np.array(pvalues), alpha=0.05)
    assert found.tolist() == [bool(one < 0.05) for one in holm(pvalues)]


def test_what_is_no_test_takes_no_part_in_the_correction():
    assert holm([0.02, np.nan, 0.04]).tolist() == pytest.approx([0.04, np.nan, 0.04], nan_ok=True)
    assert holm([]).tolist() == []


def test_holms_correction_errs_in_at_most_one_family_of_twenty():
    rng = np.random.default_rng(2)
    families = rng.random((4000, 20))
    assert np.mean([holm(one).min() < 0.05 for one in families]) == pytest.approx(0.05, abs=0.011)
