"""A claim is held against a reproduction: which verdict, and in which words."""

import numpy as np
import pytest

from evaluator import PROTOCOLS, MatrixRun, ScoreFile, evaluate
from evaluator.audit.printed import Scale
from evaluator.audit.reproduction import MeasuredRun, Reproduction, reproduction_of
from evaluator.audit.verdict import Noise, Verdict, judge
from splits import load_split
from splits.split import CaptionPolicy, Direction
from tests.unit.evaluator.audit.tables import claim


def measured(*values, ties=0.0, ci95=None, rankings=None, **changes):
    """Runs on Flickr30k 1K, of which everything can be said otherwise."""
    marks = rankings or [None] * len(values)
    runs = [MeasuredRun(v, v - ties, v + ties, ci95, mark) for v, mark in zip(values, marks, strict=True)]
    stated = {
        "protocol": "flickr30k-1k",
        "protocol_version": 1,
        "split_digest": "sha256:0",
        "captions": CaptionPolicy.ALL,
        "n_images": 1000,
        "n_captions": 5000,
        "metric": "R@1",
        "direction": Direction.I2T,
    }
    return Reproduction(runs=tuple(runs), **{**stated, **changes})


@pytest.mark.parametrize("value", [0.5245, 0.525, 0.52501, 0.5255])
def test_a_value_between_what_is_printed_the_same_is_within_rounding(value):
    found = judge(claim("52.5"), measured(value))
    assert found.verdict is Verdict.WITHIN_ROUNDING
    assert found.gap == pytest.approx(0.525 - value)


@pytest.mark.parametrize(("text", "scale"), [("52.5", Scale.PERCENT), ("0.525", Scale.FRACTION)])
@pytest.mark.parametrize("value", [0.5244, 0.5256])
def test_a_value_that_is_printed_otherwise_is_not_within_rounding(text, scale, value):
    found = judge(claim(text, scale=scale), measured(value, is_deterministic=True, ci95=(value, value)))
    assert found.verdict is Verdict.NOT_REPRODUCED


def test_the_mean_of_runs_is_what_is_rounded():
    found = judge(claim("52.5"), measured(0.50, 0.55))
    assert (found.verdict, found.reason) == (
        Verdict.WITHIN_ROUNDING,
        "The mean 52.50 % of 2 runs rounds to the printed 52.5 %.",
    )


def test_three_seeds_allow_a_t_interval_for_one_more_run():
    found = judge(claim("52.5"), measured(0.51, 0.52, 0.50))
    assert found.verdict is Verdict.WITHIN_SEED_NOISE
    assert found.noise is Noise.SEEDS
    assert found.std == pytest.approx(0.01)
    # 4.303 is the 97.5 % quantile of t with two degrees of freedom.
    assert found.tolerance == pytest.approx(4.3027 * 0.01 * (1 + 1 / 3) ** 0.5 + 0.0005, rel=1e-4)
    assert found.reason == (
        "52.5 % lies 1.50 points above the mean 51.00 % of 3 runs; by seeds alone one further run may lie 5.02 points"
        " away, rounding included."
    )


def test_a_stated_mean_of_seeds_is_allowed_less():
    runs = measured(0.51, 0.52, 0.50)
    assert judge(claim("55.5"), runs).verdict is Verdict.WITHIN_SEED_NOISE
    assert judge(claim("55.5", n_seeds=3), runs).verdict is Verdict.NOT_REPRODUCED
    assert judge(claim("55.5", n_seeds=3, seed="7"), runs).verdict is Verdict.WITHIN_SEED_NOISE


def test_the_best_of_several_runs_may_lie_further_above_but_not_below():
    runs = measured(0.51, 0.52, 0.50)
    assert judge(claim("58.0"), runs).verdict is Verdict.NOT_REPRODUCED
    assert judge(claim("58.0"), runs, best_of=5).verdict is Verdict.WITHIN_SEED_NOISE
    assert judge(claim("44.0"), runs, best_of=5).verdict is Verdict.NOT_REPRODUCED
    assert "the best of 5 further runs may lie" in judge(claim("58.0"), runs, best_of=5).reason


def test_runs_that_rank_alike_count_once():
    found = judge(claim("52.5"), measured(0.51, 0.51, 0.52, rankings=["a", "a", "b"]))
    assert found.n_runs == 2
    assert found.value == pytest.approx(0.515)


def test_equal_values_of_different_rankings_are_not_taken_for_no_spread():
    found = judge(claim("99.9"), measured(1.0, 1.0, 1.0, rankings=["a", "b", "c"]))
    assert found.verdict is Verdict.WITHIN_SEED_NOISE
    assert found.std == pytest.approx(0.001)


def test_one_deterministic_run_is_judged_by_its_interval_over_images():
    run = {"is_deterministic": True, "ci95": (0.48, 0.545)}
    assert judge(claim("54.5"), measured(0.51, **run)).verdict is Verdict.WITHIN_SEED_NOISE
    assert judge(claim("54.6"), measured(0.51, **run)).verdict is Verdict.NOT_REPRODUCED
    assert judge(claim("47.9"), measured(0.51, **run)).verdict is Verdict.NOT_REPRODUCED
    found = judge(claim("48.0"), measured(0.51, **run))
    assert (found.verdict, found.noise, found.std) == (Verdict.WITHIN_SEED_NOISE, Noise.IMAGES, None)
    assert found.tolerance == pytest.approx(0.0305)
    assert found.reason == (
        "48.0 % lies 3.00 points below the measured 51.00 %; the 95 % interval over images of the one deterministic"
        " run, 48.00 % to 54.50 %, reaches 3.05 points, rounding included."
    )


def test_the_interval_over_images_is_never_asked_when_seeds_are_known():
    found = judge(claim("52.5"), measured(0.5101, 0.5100, 0.5102, ci95=(0.40, 0.60), is_deterministic=True))
    assert (found.verdict, found.noise) == (Verdict.NOT_REPRODUCED, Noise.SEEDS)


@pytest.mark.parametrize(
    ("values", "rankings", "words"),
    [([0.51], None, "one run of"), ([0.51] * 3, ["a"] * 3, "3 runs that rank alike")],
)
def test_one_run_of_a_system_with_seeds_decides_nothing_beyond_rounding(values, rankings, words):
    found = judge(claim("52.5"), measured(*values, rankings=rankings, ci95=(0.48, 0.54)))
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert words in found.reason
    assert judge(claim("51.0"), measured(*values, rankings=rankings)).verdict is Verdict.WITHIN_ROUNDING


def test_a_deterministic_run_without_an_interval_decides_nothing_beyond_rounding():
    found = judge(claim("52.5"), measured(0.51, is_deterministic=True))
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert found.reason.startswith("Printed is 52.5 %, measured was 51.00 %, and the one run has no interval")


def test_a_claim_that_ties_alone_can_give_is_left_open():
    run = {"is_deterministic": True, "ci95": (0.50, 0.52), "ties": 0.05}
    found = judge(claim("55.0"), measured(0.51, **run))
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert "the order of tied candidates alone moves that between 46.00 % and 56.00 %" in found.reason
    assert judge(claim("56.2"), measured(0.51, **run)).verdict is Verdict.NOT_REPRODUCED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"protocol": "coco-1k"},
            "The claim is on coco-1k, the reproduction on coco-5k (folds 5 in order against none); printed is 52.5 %",
        ),
        ({"protocol": "coco-5k-25010"}, "split coco/karpathy-test-25010 against coco/karpathy-test-25000"),
        ({"protocol": "coco-1cap"}, "captions per image one against all"),
        ({"protocol": "coco-cxc"}, "judgments cxc against original"),
        ({"protocol": "other"}, "The claim is on other, the reproduction on coco-5k; printed"),
        ({"n_images": 1000}, "The claim is over 1,000 images, the reproduction over 5,000; printed"),
        ({"n_captions": 25_010}, "The claim is over 25,010 captions, the reproduction over 25,000; printed"),
    ],
)
def test_another_protocol_or_pool_is_a_mismatch_even_where_the_numbers_agree(changes, words):
    pool = {"protocol": "coco-5k", "n_images": 5000, "n_captions": 25_000}
    found = judge(claim("52.5", **{**pool, **changes}), measured(0.525, **pool))
    assert found.verdict is Verdict.PROTOCOL_MISMATCH
    assert words in found.reason


def test_a_pool_that_nobody_states_is_no_mismatch():
    found = judge(claim("52.5", n_images=None, n_captions=None), measured(0.525))
    assert found.verdict is Verdict.WITHIN_ROUNDING


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"protocol": None}, "No protocol of ours measures"),
        ({"metric": "R@5"}, "The claim is R@5, and R@1 was measured."),
        ({"direction": Direction.T2I}, "The claim is t2i, and i2t was measured."),
        ({"direction": None}, "The claim is over both directions, and i2t was measured."),
        ({"scale": Scale.PLAIN}, "R@1 does not count in the scale that the claim declares, plain."),
    ],
)
def test_what_is_about_something_else_is_not_comparable(changes, words):
    found = judge(claim("52.5", **changes), measured(0.525))
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert words in found.reason


def test_ranks_are_told_as_ranks():
    found = judge(claim("14.0", scale=Scale.PLAIN, metric="MeanR"), measured(11.0, 11.5, metric="MeanR"))
    assert found.reason.startswith("14.0 lies 2.75 ranks above the mean 11.25 of 2 runs;")
    median = judge(claim("2", scale=Scale.PLAIN, metric="MedR"), measured(1.0, 1.0, metric="MedR"))
    assert (median.verdict, median.std) == (Verdict.WITHIN_SEED_NOISE, 0.5)


def test_rsum_is_told_in_points():
    found = judge(claim("520.1", metric="rsum", direction=None), measured(5.2, 5.21, metric="rsum", direction=None))
    assert found.reason.startswith("520.1 % lies 0.40 points below the mean 520.50 % of 2 runs;")


def test_a_fraction_is_told_as_printed_and_in_percent():
    found = judge(claim("0.5230", scale=Scale.FRACTION), measured(0.51, 0.52))
    assert found.reason.startswith("0.5230 (52.3 %) lies 0.800 points above the mean 51.500 % of 2 runs;")


def test_nothing_measured_is_no_reproduction():
    with pytest.raises(ValueError, match="at least one run"):
        measured()


def test_reports_of_one_protocol_make_a_reproduction():
    split, protocol = load_split("toy-scene/test"), PROTOCOLS["toy-scene"]
    generator = np.random.default_rng(0)
    scores = [generator.standard_normal((split.n_images, split.n_captions)) for _ in range(2)]
    reports = [evaluate(ScoreFile(MatrixRun(one), "matrix"), protocol, split) for one in (*scores, scores[0])]
    found = reproduction_of(reports, "R@5", Direction.T2I)
    assert len(found.runs) == 3
    assert len(found.distinct) == 2
    expected = [one.value("R@5", Direction.T2I) for one in reports[:2]]
    assert found.value == pytest.approx(np.mean([one.expected for one in expected]))
    assert found.distinct[0].ci95 == expected[0].ci95
    assert (found.n_images, found.n_captions) == (split.n_images, split.n_captions)
    with pytest.raises(ValueError, match="one protocol version and split, found 0"):
        reproduction_of([], "R@5", Direction.T2I)
