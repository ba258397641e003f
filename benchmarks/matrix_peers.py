"""Peers that take the matrix: torch.topk, the argsort loop of VSE++-type scripts, clip_benchmark."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.agreement import CUTOFFS, Recalls, check_agreement, recalls_from_ranks
from benchmarks.material import Material
from benchmarks.timing import Clock, Row
from evaluator.passes import thread_count
from splits.split import Direction

SECTION = "peers that take the matrix"
BATCH = 64
"""clip_benchmark's own default."""


def matrix_peer_rows(material: Material, clock: Clock, ours: Recalls) -> Iterator[Row]:
    """Time each peer on the whole matrix and hold its R@K against ours."""
    yield from _argsort(material, clock, ours)
    if find_spec("torch") is None:
        yield Row(SECTION, "torch.topk, both directions", note="not installed: pip install torch")
    else:
        yield from _topk(material, clock, ours)
    if find_spec("clip_benchmark") is None or find_spec("torch") is None:
        missing = "pip install torch tqdm; pip install --no-deps clip-benchmark"
        yield Row(SECTION, "clip_benchmark: recall_at_k", note=f"not installed: {missing}")
    else:
        yield from _clip_benchmark(material, clock, ours)


def _argsort(material: Material, clock: Clock, ours: Recalls) -> Iterator[Row]:
    found: dict[Direction, Any] = {}

    def work() -> None:
        for direction, scores in ((Direction.I2T, material.scores), (Direction.T2I, material.scores.T)):
            relevance = material.judgments.towards(direction)
            ranks = np.empty(len(scores), dtype=np.int64)
            for query in range(len(scores)):
                order = np.argsort(scores[query])[::-1]
                relevant = relevance.candidates[relevance.offsets[query] : relevance.offsets[query + 1]]
                ranks[query] = min(np.where(order == candidate)[0][0] for candidate in relevant)
            found[direction] = ranks

    row = clock.row(
        SECTION, "argsort loop, as VSE++ and SCAN", work, warm=False, note="numpy, every query of both directions"
    )
    check_agreement("The argsort loop", recalls_from_ranks(found), ours)
    yield row


def _topk(material: Material, clock: Clock, ours: Recalls) -> Iterator[Row]:
    import torch

    torch.set_num_threads(thread_count())
    scores = torch.from_numpy(np.array(material.scores))
    found: dict[str, Any] = {}

    def work() -> None:
        found["i2t"] = torch.topk(scores, max(CUTOFFS), dim=1).indices
        found["t2i"] = torch.topk(scores, max(CUTOFFS), dim=0).indices

    row = clock.row(
        SECTION, "torch.topk, both directions", work, note=f"k = {max(CUTOFFS)}, CPU; looking for hits not included"
    )
    images = material.split.image_of_caption
    hits = {
        Direction.I2T: images[found["i2t"].numpy()] == np.arange(material.split.n_images)[:, None],
        Direction.T2I: images[:, None] == found["t2i"].numpy().T,
    }
    recalls = {(d, k): float(hits[d][:, :k].any(axis=1).mean()) for d in Direction for k in CUTOFFS}
    check_agreement("torch.topk", recalls, ours)
    yield row


def _clip_benchmark(material: Material, clock: Clock, ours: Recalls) -> Iterator[Row]:
    import torch
    from clip_benchmark.metrics.zeroshot_retrieval import batchify, recall_at_k

    torch.set_num_threads(thread_count())
    scores = torch.from_numpy(np.ascontiguousarray(material.scores.T))
    positive = torch.zeros_like(scores, dtype=torch.bool)
    positive[torch.arange(len(scores)), torch.from_numpy(material.split.image_of_caption)] = True
    sides = {Direction.T2I: (scores, positive), Direction.I2T: (scores.T, positive.T)}
    found: dict[tuple[Direction, int], float] = {}

    def work() -> None:
        for k in CUTOFFS:
            for direction, (x, y) in sides.items():
                recall = batchify(recall_at_k, x, y, BATCH, "cpu", k=k)
                found[direction, k] = float((recall > 0).float().mean().item())

    row = clock.row(
        SECTION,
        "clip_benchmark: recall_at_k",
        work,
        warm=False,
        note=f"k = 1, 5, 10 both ways, batches of {BATCH}, CPU; its matrix of positives not included",
    )
    check_agreement("clip_benchmark", found, ours)
    yield row
