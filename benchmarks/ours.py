"""Our own rows: the pass, a whole evaluation and its bootstrap, and every other road through the evaluator."""

from collections.abc import Iterator

import numpy as np

from benchmarks.material import Material, embeddings
from benchmarks.timing import Aim, Clock, Row
from evaluator.evaluation import evaluate
from evaluator.matrix import count_matrix
from evaluator.metric import METRICS
from evaluator.report import Report
from evaluator.run import EmbeddingRun, MatrixRun, Run, ScoreFile
from evaluator.uncertainty import Sample, resample
from splits.split import Direction

LIMIT, SCORING, ROADS = "the limit", "ours", "ours, other files and protocols"


def report_on(material: Material, run: Run | None = None, protocol: str = "coco-5k") -> Report:
    """Score a run, the generated matrix if none is named, under a protocol."""
    return evaluate(
        ScoreFile(material.run if run is None else run, "matrix"), material.protocol(protocol), material.split
    )


def scoring_rows(material: Material, clock: Clock) -> Iterator[Row]:
    """The read itself, the pass, the evaluation, the bootstrap."""
    yield clock.row(LIMIT, "one parallel read of the array", clock.limit, note="XOR of all words")
    yield clock.row(
        SCORING,
        "the pass: count_matrix",
        lambda: count_matrix(material.run, material.judgments),
        aim=Aim(1.3, of_ratio=True),
        note="thresholds, both directions, ties, finiteness",
    )
    yield clock.row(
        SCORING, "evaluate, coco-5k", lambda: report_on(material), note="six metrics both ways, rsum, bootstrap"
    )
    samples = _samples(material)
    yield clock.row(
        SCORING,
        "the bootstrap alone",
        lambda: resample(samples, material.split.n_images, seed=0),
        aim=Aim(1.0),
        note="1,000 draws of images, 12 values",
    )


def road_rows(material: Material, clock: Clock) -> Iterator[Row]:
    """Whole evaluations of other kinds of files and under other protocols, so that a regression shows."""
    for name, dtype in (("float16", np.float16), ("float64", np.float64)):
        with material.variant(name, dtype) as scores:
            run = MatrixRun(scores)
            yield clock.row(ROADS, f"evaluate, {name} matrix", lambda run=run: report_on(material, run))  # type: ignore[misc]
    with material.variant("transposed", np.float32, transposed=True) as scores:
        run = MatrixRun(scores, captions_first=True)
        yield clock.row(ROADS, "evaluate, captions x images", lambda: report_on(material, run))
    images, captions = embeddings(material.split, width=512, seed=0)
    vectors = EmbeddingRun(images, captions)
    yield clock.row(
        ROADS,
        "evaluate, embeddings of width 512",
        lambda: report_on(material, vectors),
        note="in tiles; exact near ties",
    )
    for protocol in ("coco-1k", "coco-1k-random", "coco-eccv"):
        note = "100 draws of folds" if protocol == "coco-1k-random" else ""
        yield clock.row(
            ROADS,
            f"evaluate, {protocol}",
            lambda protocol=protocol: report_on(material, protocol=protocol),  # type: ignore[misc]
            note=note,
        )


def _samples(material: Material) -> list[Sample]:
    """What `evaluate` resamples: every metric per query, both ways."""
    counts = count_matrix(material.run, material.judgments)
    owners = {Direction.I2T: np.arange(material.split.n_images), Direction.T2I: material.split.image_of_caption}
    metrics = [METRICS[name] for name in material.protocol("coco-5k").metrics]
    return [
        Sample(metric.from_counts(counts[d]).expected.mean(axis=0), owners[d], metric.aggregate)
        for d in Direction
        for metric in metrics
        if metric.from_counts
    ]
