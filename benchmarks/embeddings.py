"""python -m benchmarks.embeddings [--quick] [--shape IMAGES CAPTIONS WIDTH]: counting embeddings against their product.

The product is in float32, a tile at a time, of unit rows that are there already, and keeps nothing: the least that any
exact scoring of all pairs must do. It runs as the counting does, every thread on tiles of its own, which other work on
the machine disturbs less than numpy's threads do; these are shown beside it. All in turns, in one process.
"""

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.table import machine
from evaluator.blas import one_thread_each
from evaluator.cosine import Vectors
from evaluator.cosine_counts import count_embeddings
from evaluator.cosine_tiles import TILE
from evaluator.passes import over_rows
from evaluator.run import EmbeddingRun
from splits.judgments import Judgments, Relevance
from splits.split import Direction

AIM = 1.2
MOST = 25
SHAPES = (
    (5_000, 25_000, 256),
    (5_000, 25_000, 512),
    (5_000, 25_000, 768),
    (20_000, 20_000, 512),
)
QUICK = ((200, 1_000, 64),)
HEAD = (
    "| images x captions x width | product | numpy's threads | counting | of bests | median | processor time | turns"
    " | aim | R@1 i2t |"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds of the products and of counting beside each other, by the clock and of the processors."""

    product: float
    numpy_product: float
    counting: float
    product_work: float
    counting_work: float


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured for one shape."""

    shape: tuple[int, int, int]
    product: float
    """The fastest turn, in seconds."""
    numpy_product: float
    """The same tiles one after another, each on numpy's own threads."""
    counting: float
    of_bests: float
    """The fastest counting over the fastest product, which others on the machine disturb least."""
    median: float
    """Of the ratios of all turns."""
    work: float
    """The least processor time of counting over the least of the product."""
    turns: int
    recall: float
    peak_mb: float
    """The process's largest resident memory so far, the embeddings and the libraries in it."""


def generate(n_images: int, n_captions: int, width: int) -> tuple[EmbeddingRun, Judgments]:
    """Return images, captions scattered around them, and which belong together."""
    rng = np.random.default_rng([n_images, n_captions, width])
    owners = np.arange(n_captions) * n_images // n_captions
    images = rng.standard_normal((n_images, width), dtype=np.float32)
    captions = rng.standard_normal((n_captions, width), dtype=np.float32)
    captions *= np.float32(5)
    for first in range(0, n_captions, TILE[1]):
        captions[first : first + TILE[1]] += images[owners[first : first + TILE[1]]]
    order = np.arange(n_captions)
    towards = (
        Relevance.from_pairs(owners, order, n_images, n_captions),
        Relevance.from_pairs(order, owners, n_captions, n_images),
    )
    return EmbeddingRun(images, captions), Judgments("generated", *towards)


def products_of(run: EmbeddingRun) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return two functions that multiply all unit rows: on threads of our own, and on those of numpy."""
    left, right = (Vectors.of(side).unit(np.float32) for side in (run.images, run.captions))

    def some(first: int, last: int) -> None:
        buffer = np.empty(TILE[0] * TILE[1], dtype=np.float32)
        for row in range(first, last, TILE[0]):
            rows = left[row : min(row + TILE[0], last)]
            for column in range(0, len(right), TILE[1]):
                columns = right[column : column + TILE[1]]
                np.matmul(rows, columns.T, out=buffer[: len(rows) * len(columns)].reshape(len(rows), len(columns)))

    def product() -> None:
        with one_thread_each():
            over_rows(len(left), some)

    return product, lambda: some(0, len(left))


def measure(shape: tuple[int, int, int], budget: float) -> Found:
    """Take turns until the budget of seconds is spent, one at least, after one of each that is not timed."""
    run, judgments = generate(*shape)
    product, numpy_product = products_of(run)
    _warm(run)
    turns: list[Turn] = []
    spent = 0.0
    counts = {}

    def counting() -> None:
        counts.update(count_embeddings(run, judgments))

    while not turns or (len(turns) < MOST and spent + spent / len(turns) <= budget):
        (wall, work), (own_wall, own_work), (numpy_wall, _) = map(_seconds, (product, counting, numpy_product))
        turns.append(Turn(wall, numpy_wall, own_wall, work, own_work))
        spent += wall + own_wall + numpy_wall
    return Found(
        shape,
        product=min(turn.product for turn in turns),
        numpy_product=min(turn.numpy_product for turn in turns),
        counting=min(turn.counting for turn in turns),
        of_bests=min(turn.counting for turn in turns) / min(turn.product for turn in turns),
        median=statistics.median(turn.counting / turn.product for turn in turns),
        work=min(turn.counting_work for turn in turns) / min(turn.product_work for turn in turns),
        turns=len(turns),
        recall=float((counts[Direction.I2T].above[0] == 0).mean()),
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _warm(run: EmbeddingRun) -> None:
    """Compile the kernels and wake the threads, on a corner of the run."""
    few = min(64, len(run.images), len(run.captions))
    own = np.arange(few)
    relevance = Relevance.from_pairs(own, own, few, few)
    count_embeddings(EmbeddingRun(run.images[:few], run.captions[:few]), Judgments("few", relevance, relevance))


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    wall, processors = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processors


def line(found: Found, *, with_aim: bool) -> str:
    """Lay one shape out as a row of the table."""
    aim = ("met" if found.of_bests <= AIM else "MISSED") if with_aim else ""
    cells = (
        "{:,} x {:,} x {}".format(*found.shape),
        f"{found.product:.3f} s",
        f"{found.numpy_product:.3f} s",
        f"{found.counting:.3f} s",
        f"{found.of_bests:.2f}",
        f"{found.median:.2f}",
        f"{found.work:.2f}",
        str(found.turns),
        aim and f"{AIM:g} {aim}",
        f"{100 * found.recall:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embeddings", description="Counting of embeddings.")
    parser.add_argument("--quick", action="store_true", help="one small shape")
    parser.add_argument("--shape", type=int, nargs=3, metavar=("IMAGES", "CAPTIONS", "WIDTH"), help="this one alone")
    parser.add_argument("--budget", type=float, default=20.0, metavar="SECONDS", help="how long a shape is repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything to a file")
    options = parser.parse_args(arguments)
    at_start = machine()
    shapes = (tuple(options.shape),) if options.shape else QUICK if options.quick else SHAPES
    print(f"{at_start['processor']}, {at_start['threads']} threads, load {at_start['load']} at the start.\n")
    print(HEAD, f"|{'---|' * 10}", sep="\n")
    rows = []
    for shape in shapes:
        rows.append(measure(shape, 0.1 if options.quick else options.budget))
        # Aims are for the real sizes.
        print(line(rows[-1], with_aim=not options.quick), flush=True)
    print(f"\nLargest resident memory: {rows[-1].peak_mb:,.0f} MB, with the embeddings and their unit rows twice.")
    if options.json:
        text = json.dumps({"machine": at_start, "rows": [asdict(row) for row in rows]}, indent=2)
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
