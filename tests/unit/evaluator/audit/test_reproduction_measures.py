"""The measures of Breuer et al. against the package of their authors, and by hand."""

import numpy as np
import pytest
from repro_eval.measure.effectiveness import RMSE
from repro_eval.measure.overall_effects import DRI, ER

from evaluator.audit.reproduction_measures import (
    Effect,
    delta_relative_improvement,
    effect_ratio,
    root_mean_square_error,
)


def topics(values):
    """Values query by query, as the package keeps them."""
    return {str(number): {"success_1": float(value)} for number, value in enumerate(values)}


@pytest.mark.parametrize("seed", range(5))
def test_the_measures_are_those_of_the_package(seed):
    rng = np.random.default_rng(seed)
    original, again = (Effect(*rng.integers(0, 2, (2, 400)).astype(float)) for _ in range(2))
    packed = [topics(values) for values in (*original, *again)]
    assert effect_ratio(original, again) == pytest.approx(ER(*packed)["success_1"])
    assert delta_relative_improvement(original, again) == pytest.approx(DRI(*packed)["success_1"])
    expected = RMSE(packed[0], packed[2])["success_1"]
    assert root_mean_square_error(original.advanced, again.advanced) == pytest.approx(expected)


def test_means_give_the_same_as_the_queries_they_are_means_of():
    rng = np.random.default_rng(9)
    original, again = (Effect(*rng.random((2, 50))) for _ in range(2))
    means = [Effect(*(float(np.mean(side)) for side in one)) for one in (original, again)]
    assert effect_ratio(*means) == pytest.approx(effect_ratio(original, again))
    assert delta_relative_improvement(*means) == pytest.approx(delta_relative_improvement(original, again))


def test_an_effect_that_turns_round_has_a_ratio_below_0():
    assert effect_ratio(Effect(0.7, 0.6), Effect(0.55, 0.6)) == pytest.approx(-0.5)


def test_no_effect_and_no_baseline_leave_the_measures_undefined():
    assert effect_ratio(Effect(0.6, 0.6), Effect(0.7, 0.6)) is None
    assert delta_relative_improvement(Effect(0.6, 0.0), Effect(0.7, 0.6)) is None


def test_values_that_do_not_pair_up_are_refused():
    with pytest.raises(ValueError, match="as many values on both sides"):
        root_mean_square_error([0.1, 0.2], [0.1])
    with pytest.raises(ValueError, match="as many values on both sides"):
        root_mean_square_error([], [])
