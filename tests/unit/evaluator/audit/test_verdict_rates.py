"""How often a verdict errs, in 10,000 simulated studies of 5,000 images each; the drawing is seeded."""

import numpy as np
import pytest

from evaluator.audit.reproduction import MeasuredRun, Reproduction
from evaluator.audit.verdict import Noise, Verdict, judge
from evaluator.metric import Aggregate
from evaluator.uncertainty import Sample, interval, resample
from splits.split import CaptionPolicy, Direction
from tests.unit.evaluator.audit.studies import (
    CLAIMS,
    N_IMAGES,
    STEADY,
    UNSTEADY,
    USUAL,
    printed_claims,
    refused,
    simulate,
)
from tests.unit.evaluator.audit.tables import claim

SYSTEMS = {"steady": STEADY, "usual": USUAL, "unsteady": UNSTEADY}


@pytest.fixture(scope="module")
def studies():
    return {(name, d): simulate(system, d, runs=15) for name, system in SYSTEMS.items() for d in Direction}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("how", CLAIMS)
@pytest.mark.parametrize("measured", [3, 10])
def test_a_true_claim_is_refused_in_at_most_5_percent_of_studies(studies, name, direction, how, measured):
    assert refused(studies[name, direction], measured=measured, **CLAIMS[how]).mean() <= 0.05


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("name", ["steady", "usual"])
@pytest.mark.parametrize("how", ["one run", "mean of 3, stated", "mean of 3, unstated"])
def test_a_true_claim_of_a_steady_system_is_not_refused_for_one_deterministic_run(studies, name, direction, how):
    assert refused(studies[name, direction], measured=1, **CLAIMS[how]).mean() <= 0.05


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("name", ["steady", "usual"])
@pytest.mark.parametrize("how", ["one run", "mean of 3, stated", "mean of 3, unstated"])
@pytest.mark.parametrize("measured", [1, 3, 10])
def test_a_lie_of_3_points_is_caught_in_at_least_95_percent_of_studies(studies, name, direction, how, measured):
    assert refused(studies[name, direction], measured=measured, **CLAIMS[how], lie=0.03).mean() >= 0.95


def test_more_seeds_catch_the_lie_where_runs_differ_by_half_a_point(studies):
    unsteady = studies["unsteady", Direction.I2T]
    caught = [refused(unsteady, measured=n, claimed=1, lie=0.03).mean() for n in (3, 10)]
    assert caught[0] < 0.8
    assert caught[1] >= 0.95


def test_one_run_of_a_system_with_unsteady_seeds_would_refuse_too_often(studies):
    assert refused(studies["unsteady", Direction.I2T], measured=1, claimed=1).mean() > 0.05


@pytest.mark.parametrize("measured", [1, 3])
@pytest.mark.parametrize("lie", [0.0, 0.03])
def test_the_verdict_is_what_the_simulation_takes_it_for(studies, measured, lie):
    drawn = studies["usual", Direction.I2T]
    expected = refused(drawn, measured=measured, claimed=1, lie=lie)
    printed = printed_claims(drawn.values[:, measured], lie)
    for study in range(100):
        half = 1.96 * drawn.error[study]
        runs = [MeasuredRun(v, v, v, (v - half, v + half)) for v in drawn.values[study, :measured].tolist()]
        reproduction = Reproduction(
            "coco-5k", 1, "", CaptionPolicy.ALL, N_IMAGES, 25_000, "R@1", Direction.I2T, tuple(runs), measured == 1
        )
        stated = claim(f"{100 * printed[study]:.1f}", protocol="coco-5k", n_images=N_IMAGES, n_captions=25_000)
        found = judge(stated, reproduction)
        assert (found.verdict is Verdict.NOT_REPRODUCED) == expected[study]
        assert found.noise in (None, Noise.IMAGES if measured == 1 else Noise.SEEDS)


@pytest.mark.parametrize("each", [1, 5])
def test_the_simulated_interval_over_images_is_as_wide_as_the_bootstrap_of_the_hits(each):
    generator = np.random.default_rng(0)
    chances = np.concatenate([np.ones(2250), np.zeros(1500), np.repeat([0.1, 0.3, 0.5, 0.7, 0.9], 250)])
    hits = (generator.random((N_IMAGES, each)) < chances[:, None]).astype(float)
    sample = Sample(hits.ravel(), np.repeat(np.arange(N_IMAGES), each), Aggregate.MEAN)
    low, high = interval(resample([sample], N_IMAGES, seed=0)[0])
    assert (high - low) / 2 == pytest.approx(1.96 * hits.mean(axis=1).std() / np.sqrt(N_IMAGES), rel=0.1)
