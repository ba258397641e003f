"""The canonical COCO ids at full size: agreement with eccv-caption, and the way from a file to the board."""

import importlib
import warnings
from pathlib import Path

import numpy as np
import pytest

from evaluator.evaluation import evaluate
from evaluator.protocol import PROTOCOLS
from evaluator.run import ListRun, MatrixRun, RankedLists, ScoreFile
from splits.loading import load_split
from splits.split import Direction, Split

DEPTH = 400


def plausible_scores(split: Split, *, seed: int = 0) -> np.ndarray:
    """Scores of a system that finds about every second caption first."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((split.n_images, split.n_captions), dtype=np.float32)
    own = np.arange(split.n_captions)
    scores[split.image_of_caption, own] += 2.5 + rng.standard_normal(split.n_captions, dtype=np.float32)
    return scores


@pytest.fixture(scope="module")
def split() -> Split:
    return load_split("coco/karpathy-test-25000")


@pytest.fixture(scope="module")
def scores(split) -> np.ndarray:
    return plausible_scores(split)


def best_first(table: np.ndarray) -> np.ndarray:
    """The best DEPTH candidates of every row, best first."""
    found = np.empty((len(table), DEPTH), dtype=np.int64)
    for row, values in enumerate(table):
        top = np.argpartition(-values, DEPTH)[:DEPTH]
        found[row] = top[np.argsort(-values[top])]
    return found


@pytest.fixture(scope="module")
def lists(scores) -> dict[Direction, np.ndarray]:
    return {Direction.I2T: best_first(scores), Direction.T2I: best_first(np.ascontiguousarray(scores.T))}


@pytest.fixture(scope="module")
def eccv_caption_values(split, lists) -> dict[str, dict[str, float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It recommends ujson by warning.
        metrics = importlib.import_module("eccv_caption").Metrics()
    images, captions = np.array(split.image_ids, dtype=int), np.array(split.caption_ids, dtype=int)
    ranked = {
        "i2t": {int(i): captions[row].tolist() for i, row in zip(images, lists[Direction.I2T], strict=True)},
        "t2i": {int(c): images[row].tolist() for c, row in zip(captions, lists[Direction.T2I], strict=True)},
    }
    assert max(map(len, metrics.eccv_gts["i2t"].values())) <= DEPTH
    found = dict(metrics.eccv_metrics(ranked, "all"))
    for k in (1, 5, 10):
        found[f"coco_r{k}"] = metrics.coco_5k_recalls(ranked, "all", K=k)
        found[f"cxc_r{k}"] = metrics.cxc_recalls(ranked, "all", K=k)
    return found


@pytest.mark.parametrize("kind", ["matrix", "lists"])
@pytest.mark.parametrize(
    ("protocol", "names"),
    [
        ("coco-5k", {"R@1": "coco_r1", "R@5": "coco_r5", "R@10": "coco_r10"}),
        ("coco-cxc", {"R@1": "cxc_r1", "R@5": "cxc_r5", "R@10": "cxc_r10"}),
        ("coco-eccv", {"mAP@R": "eccv_map_at_r", "R-Precision": "eccv_rprecision", "R@1": "eccv_r1"}),
    ],
)
def test_original_cxc_and_eccv_values_equal_those_of_eccv_caption(
    split, scores, lists, eccv_caption_values, protocol, names, kind
):
    run = MatrixRun(scores)
    if kind == "lists":
        sizes = {Direction.I2T: split.n_captions, Direction.T2I: split.n_images}
        falling = -np.arange(DEPTH, dtype=float)
        run = ListRun(
            {
                d: RankedLists(np.arange(len(t) + 1) * DEPTH, t.ravel(), np.tile(falling, len(t)), sizes[d])
                for d, t in lists.items()
            }
        )
    report = evaluate(ScoreFile(run, kind), PROTOCOLS[protocol], split)
    for ours, theirs in names.items():
        for direction in Direction:
            expected = eccv_caption_values[theirs][direction.value]
            assert report.value(ours, direction).expected == pytest.approx(expected, abs=1e-9), (ours, direction)


@pytest.mark.parametrize(
    ("name", "protocols"),
    [("coco/karpathy-test-25000", ["coco-5k", "coco-1k", "coco-cxc"]), ("coco/karpathy-test-25010", ["coco-5k-25010"])],
)
def test_a_matrix_on_the_canonical_ids_goes_through_intake_and_worker_to_the_board(tmp_path: Path, name, protocols):
    from leaderboard.standings import standings
    from submissions.database import migrate, session
    from submissions.intake import submit
    from worker.local import drain

    split = load_split(name)
    scores = plausible_scores(split, seed=4)
    np.save(tmp_path / "scores.npy", scores)
    manifest = tmp_path / "submission.yaml"
    manifest.write_text(
        "system: Full size\nsubmitter: Tests\nsetting: zero-shot\ndeterministic: true\n"
        f"protocols: [{', '.join(protocols)}]\n"
        "runs:\n  - {file: scores.npy, seed: 0, seed_governs: [training]}\n"
    )
    migrate()
    with session() as s:
        submit(s, manifest)
    assert drain() == len(protocols)
    own = scores[split.image_of_caption, np.arange(split.n_captions)]
    t2i = float(np.mean([(column > best).sum() == 0 for column, best in zip(scores.T, own, strict=True)]))
    with session() as s:
        for protocol in protocols:
            board = standings(s, protocol)
            assert board["system"].tolist() == ["Full size"], protocol
    alone = evaluate(ScoreFile(MatrixRun(scores), "matrix"), PROTOCOLS[protocols[0]], split)
    assert alone.value("R@1", Direction.T2I).expected == pytest.approx(t2i)
    with session() as s:
        row = standings(s, protocols[0]).iloc[0]
    assert row["t2i R@1"] == pytest.approx(t2i, abs=1e-12)
