"""The metric and the protocol that the how-tos show give the numbers that they say."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from evaluator import METRICS, MatrixRun, Metric, Protocol, RankCounts, ScoreFile, evaluate
from splits import load_split
from tests.unit.how_to import entry_of

MRR_AT_10 = entry_of("add-a-metric.md", Metric)


def counts_of(above, tied, tied_relevant):
    rows = [np.array([row], dtype=np.int32) for row in (above, tied, tied_relevant)]
    return RankCounts(np.arange(len(above)), *rows)


def test_the_metric_is_the_mean_reciprocal_rank_where_all_candidates_are_among_the_first_ten():
    generator = np.random.default_rng(0)
    counts = counts_of(*(generator.integers(low, low + 3, 100) for low in (0, 0, 1)))
    for found, expected in zip(MRR_AT_10.from_counts(counts), METRICS["MRR"].from_counts(counts), strict=True):
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(("above", "tied", "tied_relevant"), [(8, 3, 1), (9, 2, 2), (7, 2, 2), (10, 0, 1), (0, 4, 1)])
def test_the_metric_is_the_mean_over_all_orders_of_the_tied_candidates(above, tied, tied_relevant):
    orders = list(permutations([False] * tied + [True] * tied_relevant))
    ranks = np.array([above + 1 + order.index(True) for order in orders])
    values = np.where(ranks <= 10, 1 / ranks, 0)
    found = MRR_AT_10.from_counts(counts_of([above], [tied], [tied_relevant]))
    assert [float(value[0, 0]) for value in found] == pytest.approx([values.mean(), values.min(), values.max()])


def test_the_protocol_scores_a_matrix_also_with_the_metric_of_the_other_how_to(monkeypatch):
    protocol = entry_of("add-a-protocol.md", Protocol)
    split = load_split(protocol.split)
    generator = np.random.default_rng(0)
    scores = generator.standard_normal((split.n_images, split.n_captions)).astype(np.float32)
    scores[split.image_of_caption, np.arange(split.n_captions)] += 3
    monkeypatch.setitem(METRICS._entries, MRR_AT_10.name, MRR_AT_10)
    both = replace(protocol, metrics=(*protocol.metrics, MRR_AT_10.name))
    report = evaluate(ScoreFile(MatrixRun(scores), "matrix"), both, split)
    for direction in report.counts:
        found, whole = (report.value(name, direction).expected for name in ("MRR@10", "MRR"))
        assert 0.2 < found < whole
