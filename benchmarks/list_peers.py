"""Peers that take ranked lists: what making the lists costs, what each takes for them, and our scoring of the same."""

import contextlib
import io
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.agreement import CUTOFFS, Recalls, check_agreement, recalls_of
from benchmarks.material import BLOCK, Material
from benchmarks.ours import report_on
from benchmarks.timing import Clock, Row
from evaluator.lists import count_lists
from evaluator.run import ListRun, RankedLists, Scores
from splits.split import Direction, Split

SECTION = "peers that take ranked lists"
DEPTH = 100
"""How many candidates of each query are listed."""


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best candidates of every query of one direction, descending; shapes (n_queries, depth)."""

    candidates: NDArray[np.int64]
    scores: Scores


def list_peer_rows(material: Material, clock: Clock, ours: Recalls) -> Iterator[Row]:
    """Time the lists, then every reader of them; hold each R@K against ours."""
    found: dict[Direction, Best] = {}

    def make() -> None:
        found[Direction.I2T] = best_candidates(material.scores)
        found[Direction.T2I] = best_candidates(material.scores.T)

    yield clock.row(
        SECTION, "making the lists", make, warm=False, note=f"numpy argpartition and sort, first {DEPTH}, both ways"
    )
    yield from _own(material, clock, ours, found)
    yield from _eccv_caption(material, clock, ours, found)
    yield from _ranx(material, clock, ours, found)


def best_candidates(scores: Scores) -> Best:
    """Return the first candidates of every row, in blocks of rows."""
    depth = min(DEPTH, scores.shape[1])
    candidates = np.empty((len(scores), depth), dtype=np.int64)
    best = np.empty((len(scores), depth), dtype=np.float32)
    for start in range(0, len(scores), BLOCK):
        block = np.ascontiguousarray(scores[start : start + BLOCK])
        top = np.argpartition(block, block.shape[1] - depth, axis=1)[:, -depth:]
        values = np.take_along_axis(block, top, axis=1)
        order = np.argsort(-values, axis=1)
        candidates[start : start + BLOCK] = np.take_along_axis(top, order, axis=1)
        best[start : start + BLOCK] = np.take_along_axis(values, order, axis=1)
    return Best(candidates, best)


def _own(material: Material, clock: Clock, ours: Recalls, found: Mapping[Direction, Best]) -> Iterator[Row]:
    def run() -> ListRun:
        return ListRun({d: _ranked(found[d], len(_ids(material.split, d)[1])) for d in found})

    yield clock.row(
        SECTION, "ours: count_lists", lambda: count_lists(run(), material.judgments), note="from the arrays of lists"
    )
    yield clock.row(
        SECTION,
        "ours: evaluate, coco-5k",
        lambda: report_on(material, run()),
        note="six metrics both ways, rsum, bootstrap",
    )
    # Ranks beyond the lists are open, R@K within them is not.
    check_agreement("Our scoring of ranked lists", recalls_of(report_on(material, run())), ours)


def _ranked(best: Best, n_candidates: int) -> RankedLists:
    n, depth = best.candidates.shape
    offsets = np.arange(n + 1) * depth
    return RankedLists(offsets, best.candidates.ravel(), best.scores.ravel().astype(np.float64), n_candidates)


def _ids(split: Split, direction: Direction) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of a direction's queries and candidates."""
    pair = (split.image_ids, split.caption_ids)
    return pair if direction is Direction.I2T else pair[::-1]


def _eccv_caption(material: Material, clock: Clock, ours: Recalls, found: Mapping[Direction, Best]) -> Iterator[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from eccv_caption import Metrics
    metrics = Metrics()
    if material.quick:
        metrics.set_coco_gts(*_written_truth(material))
    lists: dict[str, dict[int, list[int]]] = {}
    recalls: dict[tuple[Direction, int], float] = {}

    def make() -> None:
        for direction in Direction:
            queries, candidates = (np.array(ids, dtype=np.int64) for ids in _ids(material.split, direction))
            listed = candidates[found[direction].candidates].tolist()
            lists[direction.value] = dict(zip(queries.tolist(), listed, strict=True))

    def work() -> None:
        for k in CUTOFFS:
            for direction, value in metrics.coco_5k_recalls(lists, "all", K=k).items():
                recalls[Direction(direction), k] = float(value)

    yield clock.row(SECTION, "eccv-caption: its dictionaries", make, note="ids of both directions as Python lists")
    yield clock.row(SECTION, "eccv-caption: coco_5k_recalls", work, note="K = 1, 5, 10 both ways")
    check_agreement("eccv-caption", recalls, ours)


def _written_truth(material: Material) -> tuple[str, str]:
    """Write what is relevant in the small split as the package's own files have it."""
    paths = []
    for direction in Direction:
        relevance = material.judgments.towards(direction)
        queries, candidates = _ids(material.split, direction)
        rows = np.split(relevance.candidates, relevance.offsets[1:-1])
        truth = {query: [int(candidates[c]) for c in row] for query, row in zip(queries, rows, strict=True)}
        path = material.folder / f"{direction}.json"
        path.write_text(json.dumps(truth))
        paths.append(str(path))
    return paths[0], paths[1]


def _ranx(material: Material, clock: Clock, ours: Recalls, found: Mapping[Direction, Best]) -> Iterator[Row]:
    if find_spec("ranx") is None:
        yield Row(SECTION, "ranx: its Qrels and Run", note="not installed: pip install ranx")
        yield Row(SECTION, "ranx: hit_rate", note="not installed: pip install ranx")
        return
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ranx import Qrels
        from ranx import Run as RanxRun
    built: dict[Direction, Any] = {}
    recalls: dict[tuple[Direction, int], float] = {}

    def make() -> None:
        for direction in Direction:
            relevance = material.judgments.towards(direction)
            queries, candidates = _ids(material.split, direction)
            names = np.array(candidates)
            rows = np.split(relevance.candidates, relevance.offsets[1:-1])
            truth = {q: dict.fromkeys(names[row].tolist(), 1) for q, row in zip(queries, rows, strict=True)}
            best = found[direction]
            listed = {
                q: dict(zip(names[row].tolist(), scores.astype(np.float64).tolist(), strict=True))
                for q, row, scores in zip(queries, best.candidates, best.scores, strict=True)
            }
            built[direction] = Qrels(truth), RanxRun(listed)

    def work() -> None:
        for direction, (qrels, run) in built.items():
            values = _hit_rates(qrels, run)
            recalls.update({(direction, k): float(values[f"hit_rate@{k}"]) for k in CUTOFFS})

    yield clock.row(
        SECTION, "ranx: its Qrels and Run", make, warm=material.quick, note="from the same lists, both ways"
    )
    yield clock.row(SECTION, "ranx: hit_rate", work, note="K = 1, 5, 10 both ways, compiled beforehand")
    check_agreement("ranx", recalls, ours)


def _hit_rates(qrels: Any, run: Any) -> Mapping[str, float]:
    from ranx import evaluate

    with warnings.catch_warnings():
        # Its compiled code is warned about when it is first used.
        warnings.simplefilter("ignore")
        found: Mapping[str, float] = evaluate(qrels, run, [f"hit_rate@{k}" for k in CUTOFFS])
    return found
