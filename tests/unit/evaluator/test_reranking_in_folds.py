"""Under folds, candidates are found within each: re-ranking equals brute force on every fold by itself."""

from dataclasses import replace

import numpy as np
import pytest

from evaluator.errors import ProtocolError
from evaluator.evaluation import evaluate
from evaluator.model_order import ModelOrder, check_order, rerank_depth
from evaluator.protocol import PROTOCOLS, Folds, Protocol
from evaluator.reranking.lists import rerank
from evaluator.reranking.parts import parts_of
from evaluator.run import MatrixRun, ScoreFile
from splits.caption_draw import draw_captions
from splits.split import CaptionPolicy, Split
from tests.unit.evaluator.conftest import TINY
from tests.unit.evaluator.small_reranker import SmallReranker, all_scores, content_of

METRICS = ("R@1", "R@5", "MedR", "MRR")
FOLDED = Protocol("folded", 1, "Folded", None, metrics=METRICS, folds=Folds(3))
ORDER = ModelOrder("blip:Salesforce/blip-itm-base-coco")


@pytest.fixture
def split():
    """Folds of 10 images each, with 30, 33 and 30 captions that are not in the order of the images."""
    owners = np.concatenate((np.repeat(np.arange(30), 3), [12, 12, 15]))
    owners = np.random.default_rng(2).permutation(owners)
    pairs = np.column_stack((np.arange(len(owners)), owners))
    ids = tuple(f"i{k}" for k in range(30)), tuple(f"c{k}" for k in range(len(owners)))
    return Split("tiny/test", TINY, *ids, pairs, frozenset(CaptionPolicy))


@pytest.fixture
def stage_one(split):
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((split.n_images + split.n_captions, 6))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return {"images": rows[: split.n_images], "captions": rows[split.n_images :]}


def _brute_force(split, stage_one, depth, captions):
    """Scores of every fold's nearest pairs, in each direction, and one lowest score everywhere else."""
    similar = (stage_one["images"].astype(np.float64) @ stage_one["captions"].astype(np.float64).T).astype(np.float32)
    scores = all_scores(content_of(split))
    i2t, t2i = (np.full(scores.shape, -9, dtype=np.float32) for _ in range(2))
    for fold in range(3):
        images = np.arange(10 * fold, 10 * fold + 10)
        mine = captions[np.isin(split.image_of_caption[captions], images)]
        for image in images:
            near = mine[np.argsort(-similar[image, mine], kind="stable")[:depth]]
            i2t[image, near] = scores[image, near]
        for caption in mine:
            near = images[np.argsort(-similar[images, caption], kind="stable")[:depth]]
            t2i[near, caption] = scores[near, caption]
    return i2t, t2i


@pytest.mark.parametrize("depth", [1, 3, 7, 10, 20, 31, 100])
@pytest.mark.parametrize("policy", list(CaptionPolicy))
def test_every_fold_is_re_ranked_by_itself(split, stage_one, depth, policy):
    protocol, seed = replace(FOLDED, captions=policy), 4
    parts = parts_of(protocol, split, seed=seed)
    run = rerank(SmallReranker(), content_of(split), depth=depth, parts=parts, **stage_one).run
    found = evaluate(ScoreFile(run, "model"), protocol, split, seed=seed)
    captions = np.arange(split.n_captions) if policy is CaptionPolicy.ALL else draw_captions(split, seed)
    for direction, scores in zip(("i2t", "t2i"), _brute_force(split, stage_one, depth, captions), strict=True):
        expected = evaluate(ScoreFile(MatrixRun(scores), "matrix"), protocol, split, seed=seed)
        for one, two in zip(found.measurements, expected.measurements, strict=True):
            if one.direction == direction:
                assert replace(one, ci95=None) == replace(two, ci95=None)


@pytest.mark.parametrize("policy", list(CaptionPolicy))
def test_every_query_lists_as_many_of_its_fold_as_the_depth_says(split, stage_one, policy):
    parts = parts_of(replace(FOLDED, captions=policy), split, seed=1)
    run = rerank(SmallReranker(), content_of(split), depth=7, parts=parts, **stage_one).run
    kept = np.concatenate([part.captions for part in parts])
    for direction, lists in run.lists.items():
        counts = np.diff(lists.offsets)
        assert set(counts.tolist()) == ({7} if direction.value == "i2t" or policy is CaptionPolicy.ALL else {0, 7})
        assert counts.sum() == 7 * (30 if direction.value == "i2t" else len(kept))


def test_parts_are_the_folds_and_hold_everything_once(split):
    parts = parts_of(FOLDED, split, seed=0)
    assert [len(part.images) for part in parts] == [10, 10, 10]
    assert [len(part.captions) for part in parts] == [30, 33, 30]
    assert [part.pool for part in parts] == [30, 33, 30]
    np.testing.assert_array_equal(np.sort(np.concatenate([part.captions for part in parts])), np.arange(93))


@pytest.mark.parametrize(
    ("asked", "policy", "expected"),
    [
        (None, CaptionPolicy.ALL, (33, None)),
        (5, CaptionPolicy.ALL, (5, None)),
        (10, CaptionPolicy.ALL, (10, None)),
        (4, CaptionPolicy.ALL, (4, "truncated re-ranking k=4")),
        (None, CaptionPolicy.ONE, (10, None)),
        (4, CaptionPolicy.ONE, (4, "truncated re-ranking k=4")),
    ],
)
def test_depth_and_badge_are_those_of_a_fold(split, asked, policy, expected):
    order = replace(ORDER, rerank_depth=asked, truncated_reranking=True)
    assert rerank_depth(order, replace(FOLDED, captions=policy), split) == expected


def test_a_depth_below_the_largest_cutoff_is_refused_under_folds_too(split):
    with pytest.raises(ProtocolError, match=r"Re-ranking 4 of 33 candidates caps R@5"):
        rerank_depth(replace(ORDER, rerank_depth=4), FOLDED, split)


def test_random_folds_are_refused_before_anything_runs(split):
    with pytest.raises(ProtocolError, match=r"coco-1k-random .* Choose coco-5k or coco-1k\."):
        check_order(ORDER, replace(PROTOCOLS["coco-1k-random"], metrics=("R@1",)), split)
    with pytest.raises(ProtocolError, match=r"Choose a protocol without random folds\."):
        check_order(ORDER, replace(FOLDED, split="tiny/test", folds=Folds(3, draws=2)), split)
