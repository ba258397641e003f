"""All systems against each other, from the counts that are stored with every result."""

import numpy as np
import pytest

from evaluator.audit.head_to_head import Contender, Outcome, Tally, head_to_head, tallies
from evaluator.audit.holm import holm
from evaluator.audit.paired import paired_test
from evaluator.audit.stored_counts import Asked, by_image_of, is_by_image
from evaluator.by_image import averaged
from evaluator.counts_codec import decode_counts, encode_counts
from evaluator.errors import ProtocolError
from evaluator.evaluation import evaluate
from evaluator.protocol import PROTOCOLS, RECALLS, Folds, Protocol
from evaluator.run import ListRun, MatrixRun, ScoreFile
from splits.split import CaptionPolicy, Direction
from tests.unit.evaluator.conftest import make_split
from tests.unit.evaluator.test_ranking import full_lists

SPLIT = make_split(120, 2)
STANDARD = PROTOCOLS["standard"]
ASKED = Asked.of(STANDARD, SPLIT)


def protocol_with(**changes):
    return Protocol(**{"name": "p", "version": 1, "title": "P", "split": None, **changes})


def scores(strength, seed, n=120):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, 2 * n)) + strength * np.repeat(np.eye(n), 2, axis=1)).astype(np.float32)


def stored(matrix, protocol=STANDARD, *, seed=0):
    """A report, and its counts as the database keeps them."""
    report = evaluate(ScoreFile(MatrixRun(matrix), "matrix"), protocol, SPLIT, seed=seed)
    return report, {direction: decode_counts(encode_counts(one)) for direction, one in report.counts.items()}


def contender(name, strength, seeds):
    return Contender(name, tuple(by_image_of(stored(scores(strength, seed))[1], ASKED) for seed in seeds))


@pytest.mark.parametrize(
    "protocol",
    [STANDARD, protocol_with(folds=Folds(4)), protocol_with(folds=Folds(4, draws=3)), protocol_with(captions="one")],
    ids=["whole", "folds", "random folds", "one caption"],
)
def test_stored_counts_give_the_value_of_the_result(protocol):
    if protocol.captions == "one":
        protocol = protocol_with(captions=CaptionPolicy.ONE)
    report, counts = stored(np.round(scores(2, 1)), protocol, seed=5)
    asked = Asked.of(protocol, SPLIT, seed=5)
    assert by_image_of(counts, asked).value == pytest.approx(report.value("rsum").expected)
    for direction in Direction:
        found = by_image_of(counts, asked, metric="R@5", direction=direction)
        assert found.value == pytest.approx(report.value("R@5", direction).expected)


def test_without_a_direction_a_metric_is_averaged_over_both():
    report, counts = stored(scores(2, 1))
    expected = np.mean([report.value("MRR", direction).expected for direction in Direction])
    assert by_image_of(counts, ASKED, metric="MRR").value == pytest.approx(expected)


def test_a_result_of_one_direction_has_no_rsum_to_compare():
    lists = ListRun({Direction.I2T: full_lists(scores(2, 1))})
    report = evaluate(ScoreFile(lists, "trec"), STANDARD, SPLIT)
    with pytest.raises(ProtocolError, match="answers no t2i, which rsum is made of"):
        by_image_of(report.counts, ASKED)
    assert by_image_of(report.counts, ASKED, metric="R@1", direction=Direction.I2T).value > 0


def test_a_metric_that_needs_every_relevant_rank_is_refused():
    with pytest.raises(ProtocolError, match="mAP needs the rank of every relevant candidate"):
        by_image_of(stored(scores(2, 1))[1], ASKED, metric="mAP")


def test_wins_ties_and_losses_are_counted_from_both_sides():
    pairs = head_to_head([contender("strong", 4, [1]), contender("alike", 4.02, [2]), contender("weak", 1, [3])])
    assert {(one.first, one.second): one.outcome for one in pairs} == {
        ("strong", "alike"): Outcome.TIE,
        ("strong", "weak"): Outcome.WIN,
        ("alike", "weak"): Outcome.WIN,
    }
    assert tallies(pairs) == {"strong": Tally(1, 1, 0), "alike": Tally(1, 1, 0), "weak": Tally(0, 0, 2)}


def test_a_better_system_named_second_makes_a_loss():
    [pair] = head_to_head([contender("weak", 1, [3]), contender("strong", 4, [1])])
    assert (pair.outcome, pair.test.gap < 0) == (Outcome.LOSS, True)


def test_p_values_are_corrected_over_all_pairs():
    systems = [contender(str(strength), strength, [strength]) for strength in (2, 3, 4)]
    pairs = head_to_head(systems)
    assert [one.adjusted for one in pairs] == pytest.approx(holm([one.test.pvalue for one in pairs]))


def test_queries_are_averaged_over_seeds_before_they_are_tested():
    first, second = contender("a", 3, [1, 2, 3]), contender("b", 2.5, [4, 5])
    [pair] = head_to_head([first, second])
    assert pair.test == paired_test(averaged(first.runs), averaged(second.runs))


def test_seeds_that_scatter_make_a_tie_of_what_the_queries_tell_apart():
    scattered = contender("scattered", 4, [1]).runs + contender("scattered", 1, [2]).runs
    [pair] = head_to_head([Contender("scattered", scattered), contender("weak", 1, [3])])
    assert pair.adjusted < 0.05 < pair.seeds_pvalue
    assert pair.outcome is Outcome.TIE


def test_single_runs_are_asked_nothing_about_seeds():
    [pair] = head_to_head([contender("a", 3, [1]), contender("b", 2, [2])])
    assert pair.seeds_pvalue is None


def test_recalls_are_what_rsum_is_made_of():
    counts = stored(scores(2, 1))[1]
    parts = [
        by_image_of(counts, ASKED, metric=name, direction=direction) for name in RECALLS for direction in Direction
    ]
    whole = by_image_of(counts, ASKED)
    assert whole.effects == pytest.approx(np.sum([part.effects for part in parts], axis=0))


def test_medians_and_what_needs_every_relevant_rank_do_not_follow_image_by_image():
    names = ["rsum", "R@1", "MeanR", "MRR", "MedR", "mAP", "no such metric"]
    assert [name for name in names if is_by_image(name)] == ["rsum", "R@1", "MeanR", "MRR"]
