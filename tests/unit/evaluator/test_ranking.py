import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evaluator.evaluation import evaluate
from evaluator.groups import relevant_groups
from evaluator.metric import METRICS
from evaluator.protocol import PROTOCOLS, Folds, Protocol
from evaluator.ranking import FoldPlan, count_ranks, restrict
from evaluator.report import RankCounts
from evaluator.run import ListRun, MatrixRun, RankedLists, RankEvidence, Run, ScoreFile
from splits.errors import RematchError
from splits.split import Direction, Judgments, Relevance
from tests.unit.evaluator import brute_force
from tests.unit.evaluator.conftest import make_split

WIDE = Protocol("wide", 1, "All metrics", None, metrics=PROTOCOLS["standard"].metrics)
SMALL_K = Protocol(
    "small", 1, "Few candidates", None, metrics=("R@1", "R@5", "MeanR", "MRR", "mAP", "mAP@R", "R-Precision")
)

few_levels = st.integers(0, 2).map(float)


def judged(i2t: Relevance, t2i: Relevance) -> Judgments:
    return Judgments("generated", i2t, t2i)


def per_query(name: str, run: Run, judgments: Judgments, direction: Direction):
    metric = METRICS[name]
    if metric.from_counts:
        return metric.from_counts(count_ranks(run, judgments)[direction])
    return metric.from_groups(relevant_groups(run, judgments.towards(direction), direction))


def full_lists(scores: np.ndarray, depth: int | None = None) -> RankedLists:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    lengths = np.full(len(scores), order.shape[1])
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    return RankedLists(
        offsets, order.ravel(), np.take_along_axis(scores, order, 1).ravel().astype(float), scores.shape[1]
    )


@st.composite
def small_problems(draw):
    """3 images, 6 captions, scores of three levels, any relevance in which every query has something."""
    scores = draw(hnp.arrays(np.float32, (3, 6), elements=few_levels))
    relevant = draw(hnp.arrays(np.bool_, (3, 6)))
    relevant[np.arange(3), draw(st.permutations(range(6)))[:3]] = True
    relevant[draw(hnp.arrays(np.int64, 6, elements=st.integers(0, 2))), np.arange(6)] = True
    images, captions = np.nonzero(relevant)
    return (
        scores,
        relevant,
        judged(Relevance.from_pairs(images, captions, 3, 6), Relevance.from_pairs(captions, images, 6, 3)),
    )


@pytest.mark.parametrize("name", sorted(brute_force.METRICS))
@pytest.mark.parametrize("kind", ["matrix", "lists"])
@settings(max_examples=15, deadline=None)
@given(problem=small_problems())
def test_every_metric_equals_the_average_and_the_bounds_over_all_tie_breakings(name, kind, problem):
    scores, relevant, judgments = problem
    run = MatrixRun(scores)
    if kind == "lists":
        run = ListRun({Direction.I2T: full_lists(scores), Direction.T2I: full_lists(scores.T)})
    metric = METRICS[name]
    for direction, table, truth in ((Direction.I2T, scores, relevant), (Direction.T2I, scores.T, relevant.T)):
        values = per_query(name, run, judgments, direction)
        for query in range(len(table)):
            mean, low, high = brute_force.over_all_orders(
                table[query], set(np.flatnonzero(truth[query])), brute_force.METRICS[name]
            )
            worst, best = (low, high) if metric.higher_is_better else (high, low)
            assert values.expected[0, query] == pytest.approx(mean, abs=1e-12)
            assert values.pessimistic[0, query] == pytest.approx(worst, abs=1e-12)
            assert values.optimistic[0, query] == pytest.approx(best, abs=1e-12)


def values_of(run, split, protocol=WIDE):
    report = evaluate(ScoreFile(run, "matrix"), protocol, split)
    return {(m.metric, m.direction): (m.expected, m.pessimistic, m.optimistic) for m in report.measurements}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("ties", [False, True])
def test_permuting_candidates_and_queries_changes_nothing(rng, ties):
    split = make_split(40, 3, extra=[(0, 5), (7, 30)])
    scores = rng.standard_normal((40, 120)).astype(np.float32)
    scores = np.round(scores) if ties else scores
    images, captions = rng.permutation(40), rng.permutation(120)
    shuffled = MatrixRun(scores[np.ix_(images, captions)], image_order=images, caption_order=captions)
    before, after = values_of(MatrixRun(scores), split), values_of(shuffled, split)
    assert {key: pytest.approx(value, abs=1e-12) for key, value in before.items()} == after


@pytest.mark.parametrize("seed", range(5))
def test_raising_a_relevant_score_never_hurts(seed):
    rng = np.random.default_rng(seed)
    split = make_split(20, 2)
    scores = np.round(rng.standard_normal((20, 40)), 1).astype(np.float32)
    caption = int(rng.integers(40))
    better = scores.copy()
    better[caption // 2, caption] += rng.choice([0.1, 1, 10])
    judgments = split.judgments()
    for name in WIDE.metrics:
        metric = METRICS[name]
        before = per_query(name, MatrixRun(scores), judgments, Direction.I2T).expected[0, caption // 2]
        after = per_query(name, MatrixRun(better), judgments, Direction.I2T).expected[0, caption // 2]
        assert (after - before) * (1 if metric.higher_is_better else -1) >= -1e-12, name


@pytest.mark.parametrize("constant", [0.0, 1.0, -3.5])
def test_constant_scores_give_chance_level_and_never_win(constant):
    split = make_split(60, 2)
    values = values_of(MatrixRun(np.full((60, 120), constant, np.float32)), split)
    for k in (1, 5, 10):
        # i2t: K of 120 places, 2 of them relevant; t2i: K of 60, 1 relevant.
        missed = math.comb(118, k) / math.comb(120, k)
        assert values[f"R@{k}", Direction.I2T] == pytest.approx((1 - missed, 0, 1))
        assert values[f"R@{k}", Direction.T2I] == pytest.approx((k / 60, 0, 1))
    assert values["MeanR", Direction.T2I] == pytest.approx((30.5, 60, 1))


@settings(max_examples=30, deadline=None)
@given(scores=hnp.arrays(np.float32, (25, 50), elements=st.integers(-3, 3).map(float)))
def test_expected_lies_between_the_bounds(scores):
    split = make_split(25, 2)
    for (name, _), (expected, pessimistic, optimistic) in values_of(MatrixRun(scores), split).items():
        low, high = sorted((pessimistic, optimistic))
        assert low - 1e-12 <= expected <= high + 1e-12, name


def test_expected_is_the_average_over_many_random_tie_breakings(rng):
    split = make_split(30, 2)
    scores = np.round(rng.standard_normal((30, 60)), 0).astype(np.float64)
    names = ("R@1", "R@5", "MRR", "mAP@R", "mAP")
    drawn = {name: [] for name in names}
    for _ in range(400):
        broken = values_of(MatrixRun(scores + rng.uniform(0, 1e-6, scores.shape)), split)
        for name in names:
            drawn[name].append(broken[name, Direction.I2T][0])
    exact = values_of(MatrixRun(scores), split)
    for name, values in drawn.items():
        error = np.std(values) / np.sqrt(len(values))
        assert abs(np.mean(values) - exact[name, Direction.I2T][0]) < 5 * error, name


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4", ">f2", ">f8"])
@pytest.mark.parametrize("layout", ["rows", "columns", "captions first", "strided"])
def test_type_byte_order_and_memory_layout_change_nothing(rng, dtype, layout):
    split = make_split(50, 2)
    scores = rng.integers(-20, 20, (50, 100)).astype(np.float16)
    stored = scores.astype(dtype)
    run = {
        "rows": MatrixRun(stored),
        "columns": MatrixRun(np.asfortranarray(stored)),
        "captions first": MatrixRun(np.ascontiguousarray(stored.T), captions_first=True),
        "strided": MatrixRun(np.repeat(stored, 2, axis=1)[:, ::2]),
    }[layout]
    assert values_of(run, split) == values_of(MatrixRun(scores.astype(np.float32)), split)


def test_float64_scores_are_not_rounded_before_they_are_compared():
    split = make_split(20)
    scores = np.eye(20)
    scores[0, 1] = 1 + 1e-12
    assert values_of(MatrixRun(scores), split)["R@1", Direction.I2T][0] == pytest.approx(0.95)


@pytest.mark.parametrize("n_images", [11, 12, 13, 24, 129, 300])
def test_rows_outside_the_fast_loop_are_counted_like_the_others(rng, n_images):
    scores = rng.integers(0, 9, (n_images, n_images * 2)).astype(np.float32)
    counts = count_ranks(MatrixRun(scores), make_split(n_images, 2).judgments())
    best = scores.reshape(n_images, n_images, 2)[np.arange(n_images), np.arange(n_images)].max(1)
    assert np.array_equal(counts[Direction.I2T].above[0], (scores > best[:, None]).sum(1))
    own = scores[np.arange(2 * n_images) // 2, np.arange(2 * n_images)]
    assert np.array_equal(counts[Direction.T2I].above[0], (scores > own).sum(0))
    assert np.array_equal(counts[Direction.T2I].tied[0] + 1, (scores == own).sum(0))


@pytest.mark.parametrize("depth", [1, 5, 20])
def test_candidates_left_out_of_a_list_share_the_last_place(rng, depth):
    split = make_split(20, 2)
    scores = rng.standard_normal((20, 40))
    lists = ListRun({Direction.I2T: full_lists(scores, depth), Direction.T2I: full_lists(scores.T, depth)})
    for direction, table in ((Direction.I2T, scores), (Direction.T2I, scores.T)):
        cut = np.sort(table, axis=1)[:, -min(depth, table.shape[1])][:, None]
        levelled = np.where(table >= cut, table, table.min() - 1)
        matrix = MatrixRun(levelled if direction is Direction.I2T else levelled.T)
        for name in WIDE.metrics:
            one = per_query(name, lists, split.judgments(), direction)
            other = per_query(name, matrix, split.judgments(), direction)
            for mine, theirs in zip(one, other, strict=True):
                assert mine == pytest.approx(theirs, abs=1e-12), name


def test_consecutive_folds_are_the_average_of_the_blocks_scored_alone(rng):
    split = make_split(60, 2)
    scores = np.round(rng.standard_normal((60, 120)), 1).astype(np.float32)
    folded = values_of(MatrixRun(scores), split, Protocol("f", 1, "", None, folds=Folds(3)))
    blocks = [
        values_of(
            MatrixRun(scores[20 * f : 20 * f + 20, 40 * f : 40 * f + 40]), make_split(20, 2), Protocol("b", 1, "", None)
        )
        for f in range(3)
    ]
    for key, value in folded.items():
        assert value == pytest.approx(np.mean([block[key] for block in blocks], axis=0)), key


@pytest.mark.parametrize("kind", ["matrix", "permuted", "lists", "short lists"])
def test_random_folds_in_one_pass_equal_each_fold_cut_out_and_ranked(rng, kind):
    split = make_split(60, 2)
    scores = np.round(rng.standard_normal((60, 120)), 1).astype(np.float32)
    run: Run = MatrixRun(scores)
    if kind == "permuted":
        order = rng.permutation(60)
        run = MatrixRun(scores[order].T.copy(), captions_first=True, image_order=order)
    elif "lists" in kind:
        depth = 8 if kind == "short lists" else None
        run = ListRun({Direction.I2T: full_lists(scores, depth), Direction.T2I: full_lists(scores.T, depth)})
    plan = FoldPlan.of(Folds(3, draws=7), split, seed=5)
    together = count_ranks(run, split.judgments(), plan)
    judgments = split.judgments()
    for draw in range(7):
        for fold in range(3):
            images = np.flatnonzero(plan.of_image[:, draw] == fold)
            captions = np.flatnonzero(plan.of_caption[:, draw] == fold)
            within = Judgments("w", judgments.i2t.among(images, captions), judgments.t2i.among(captions, images))
            alone = count_ranks(restrict(run, images, captions), within)
            for direction, queries in ((Direction.I2T, images), (Direction.T2I, captions)):
                for field in ("above", "tied", "tied_relevant"):
                    mine = getattr(together[direction], field)[draw][queries]
                    assert np.array_equal(mine, getattr(alone[direction], field)[0]), (field, direction)


def test_ranks_without_scores_cannot_be_restricted():
    evidence = RankEvidence({Direction.I2T: np.zeros(40, np.int64)})
    with pytest.raises(RematchError, match="do not tell the ranks among some of its candidates"):
        restrict(evidence, np.arange(4), np.arange(8))


def test_random_folds_depend_on_the_seed_and_on_nothing_else():
    folds = Folds(5, draws=3)
    first = folds.assign(50, seed=1)
    assert np.array_equal(first, folds.assign(50, seed=1))
    assert not np.array_equal(first, folds.assign(50, seed=2))
    assert [np.bincount(first[:, draw]).tolist() for draw in range(3)] == [[10] * 5] * 3
    # Pinned: another draw would move numbers and calls for a new protocol version.
    assert first[:10, 0].tolist() == [2, 4, 0, 4, 1, 1, 4, 1, 2, 0]


def test_folds_that_cannot_be_equal_are_refused():
    with pytest.raises(RematchError, match="5 equal folds need a multiple of 5 images, the split has 12"):
        Folds(5).assign(12, 0)


@pytest.mark.parametrize("draws", [None, 9])
def test_folds_refuse_judgments_that_lie_across_them(draws):
    split = make_split(60, 2, extra=[(0, 59)])
    protocol = Protocol("folded", 1, "", None, folds=Folds(3, draws))
    with pytest.raises(RematchError, match="of the 'original' judgments 1 of 121 lie across folds"):
        evaluate(ScoreFile(MatrixRun(np.zeros((60, 120))), "matrix"), protocol, split, seed=1)


def test_relevant_candidates_outside_the_gallery_count_in_r_and_are_never_found():
    i2t = Relevance.from_pairs(np.array([0]), np.array([0]), 2, 4, outside=np.array([1, 0]))
    t2i = Relevance.from_pairs(np.array([0]), np.array([0]), 4, 2)
    values = per_query(
        "R-Precision", MatrixRun(np.array([[9.0, 1, 2, 3], [0, 0, 0, 0]])), judged(i2t, t2i), Direction.I2T
    )
    assert values.expected.tolist() == [[0.5]]


def test_counts_survive_a_round_trip_and_equal_counts_have_equal_digests(rng):
    from evaluator.counts_codec import counts_digest, decode_counts, encode_counts

    counts = RankCounts(np.arange(9), *(rng.integers(0, 70000, (2, 9)).astype(np.int32) for _ in range(3)))
    back = decode_counts(encode_counts(counts))
    for field in ("queries", "above", "tied", "tied_relevant"):
        assert np.array_equal(getattr(counts, field), getattr(back, field))
    assert counts_digest({Direction.I2T: counts}) == counts_digest({Direction.I2T: back})
    with pytest.raises(ValueError, match="cut off"):
        decode_counts(encode_counts(counts)[:-5])
