"""Agreement with implementations that are not ours, on random data."""

import importlib
import warnings

import ir_measures
import numpy as np
import pytest
from ir_measures import AP, RR, Rprec, Success

from evaluator.evaluation import evaluate
from evaluator.protocol import PROTOCOLS
from evaluator.run import ListRun, MatrixRun, RankedLists, ScoreFile
from splits.split import Direction, Relevance
from tests.unit.evaluator.conftest import make_split
from tests.unit.evaluator.test_ranking import full_lists, judged, per_query


@pytest.mark.parametrize("captions_each", [1, 5])
def test_ir_measures_gives_the_same_values_where_nothing_ties(captions_each):
    rng = np.random.default_rng(captions_each)
    split = make_split(60, captions_each)
    scores = rng.standard_normal((split.n_images, split.n_captions))
    scores += np.repeat(np.eye(60), captions_each, axis=1)
    report = evaluate(ScoreFile(MatrixRun(scores), "matrix"), PROTOCOLS["standard"], split)
    names = {Success @ 1: "R@1", Success @ 5: "R@5", Success @ 10: "R@10", AP: "mAP", RR: "MRR", Rprec: "R-Precision"}
    for direction, table in ((Direction.I2T, scores), (Direction.T2I, scores.T)):
        relevance = split.judgments().towards(direction)
        qrels = [
            ir_measures.Qrel(str(q), str(c), 1)
            for q, c in zip(relevance.query_of_candidate, relevance.candidates, strict=True)
        ]
        run = [ir_measures.ScoredDoc(str(q), str(c), row[c]) for q, row in enumerate(table) for c in range(len(row))]
        theirs = ir_measures.calc_aggregate(list(names), qrels, run)
        for measure, name in names.items():
            assert report.value(name, direction).expected == pytest.approx(theirs[measure], abs=1e-9), name


def eccv_functions():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It recommends ujson by warning.
        return importlib.import_module("eccv_caption._metrics")


@pytest.mark.parametrize("seed", range(4))
def test_eccv_caption_gives_the_same_values_with_judgments_beyond_the_gallery(seed):
    rng = np.random.default_rng(seed)
    scores = rng.permuted(np.tile(np.arange(80.0), (20, 1)), axis=1)
    truth = {q: sorted(rng.choice(84, rng.integers(1, 9), replace=False).tolist()) for q in range(0, 20, 2)}
    truth = {q: found for q, found in truth.items() if found[0] < 80}
    ranked = {q: np.argsort(-scores[q]).tolist() for q in truth}
    theirs = eccv_functions().compute_eccv_metrics(ranked, truth)
    inside = [(q, c) for q, found in truth.items() for c in found if c < 80]
    outside = np.array([sum(c >= 80 for c in truth.get(q, [])) for q in range(20)])
    queries, candidates = np.array(inside).T
    relevance = Relevance.from_pairs(queries, candidates, 20, 80, outside=outside)
    judgments = judged(relevance, Relevance.from_pairs(candidates, queries, 80, 20))
    for run in (MatrixRun(scores), ListRun({Direction.I2T: full_lists(scores)})):
        for ours, name in (("mAP@R", "eccv_map_at_r"), ("R-Precision", "eccv_rprecision"), ("R@1", "eccv_r1")):
            values = per_query(ours, run, judgments, Direction.I2T).expected
            assert values.mean() == pytest.approx(theirs[name], abs=1e-9), ours


def test_a_list_may_hold_ties_within_and_stop_early():
    lists = RankedLists(np.array([0, 3]), np.array([4, 2, 0]), np.array([2.0, 1.0, 1.0]), 6)
    relevance = Relevance.from_pairs(np.array([0, 0]), np.array([2, 5]), 1, 6)
    judgments = judged(relevance, Relevance.from_pairs(np.array([2, 5]), np.array([0, 0]), 6, 1))
    values = per_query("mAP", ListRun({Direction.I2T: lists}), judgments, Direction.I2T)
    # 2 stands second or third with equal chance, 5 anywhere in places four to six.
    second = np.mean([2 / place for place in (4, 5, 6)])
    assert values.expected[0, 0] == pytest.approx((np.mean([1 / 2, 1 / 3]) + second) / 2)
    assert values.pessimistic[0, 0] == pytest.approx((1 / 3 + 2 / 6) / 2)
    assert values.optimistic[0, 0] == pytest.approx((1 / 2 + 2 / 4) / 2)
