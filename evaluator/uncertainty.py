"""Bootstrap intervals over queries, resampling images: the captions of one image are not independent.

An image is drawn with all its queries of both directions. Draws are taken from raw PCG64 output, a stream that numpy
promises not to change, so an interval is a function of the counts and the seed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metric import Aggregate, Values
from splits.split import Indices

DRAWS = 1000
CHUNK = 100
"""How many resamplings are held in memory at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One metric in one direction, as a value per query."""

    values: Values
    """Expected value per query, shape (n_queries,)."""
    owners: Indices
    """The image each query belongs to."""
    aggregate: Aggregate


def resample(
    samples: Sequence[Sample], n_images: int, *, seed: int, folds: NDArray[np.uint8] | None = None, draws: int = DRAWS
) -> NDArray[np.float64]:
    """Aggregate every sample again under resampled images.

    Args:
        samples: What to aggregate.
        n_images: The number of images in the split; only those with a query are drawn.
        seed: Governs the draws.
        folds: The fold of each image, shape (n_images,): images are drawn within folds, which are then averaged.
        draws: How many resamplings.

    Returns:
        Shape (len(samples), draws).
    """
    folds = np.zeros(n_images, dtype=np.uint8) if folds is None else folds
    labels = np.unique(folds)
    has_query = np.zeros(n_images, dtype=bool)
    for sample in samples:
        has_query[sample.owners] = True
    out = np.zeros((len(samples), draws))
    for label in labels:
        images = np.flatnonzero((folds == label) & has_query)
        parts = [_within(sample, images, n_images) for sample in samples]
        means = [k for k, sample in enumerate(samples) if sample.aggregate is Aggregate.MEAN]
        # An empty column each, so that medians alone can be resampled as well.
        sums, sizes = (np.zeros((len(images), 0)), np.zeros((len(images), 0), dtype=np.int64))
        if means:
            sums = np.stack([np.bincount(parts[k][1], parts[k][0], len(images)) for k in means], axis=1)
            sizes = np.stack([np.bincount(parts[k][1], minlength=len(images)) for k in means], axis=1)
        for start, weights in _weights(len(images), draws, seed=seed, stream=int(label)):
            place = slice(start, start + len(weights))
            with np.errstate(invalid="ignore"):
                out[means, place] += ((weights @ sums) / (weights @ sizes.astype(float))).T / len(labels)
            for k, sample in enumerate(samples):
                if sample.aggregate is Aggregate.MEDIAN:
                    out[k, place] += _medians(*parts[k], weights) / len(labels)
    return out


def interval(resampled: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the central 95 % of resampled values, None if there is none."""
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _within(sample: Sample, images: Indices, n_images: int) -> tuple[Values, Indices]:
    """Keep the queries of some images; owners become places in `images`, values ascend."""
    place = np.full(n_images, -1, dtype=np.int64)
    place[images] = np.arange(len(images))
    owners = place[sample.owners]
    kept = np.flatnonzero(owners >= 0)
    if sample.aggregate is Aggregate.MEDIAN:
        kept = kept[np.argsort(sample.values[kept], kind="stable")]
    return sample.values[kept], owners[kept]


def _weights(n: int, draws: int, *, seed: int, stream: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield how often each of n images is drawn, for chunks of resamplings."""
    source = np.random.PCG64(np.random.SeedSequence([seed, stream]))
    for start in range(0, draws, CHUNK):
        rows = min(CHUNK, draws - start)
        picks = (source.random_raw(rows * n) % np.uint64(n)).astype(np.int64).reshape(rows, n)
        flat = (picks + np.arange(rows)[:, None] * n).ravel()
        yield start, np.bincount(flat, minlength=rows * n).reshape(rows, n)


def _medians(values: Values, owners: Indices, weights: NDArray[np.int64]) -> Values:
    from evaluator.kernel import weighted_medians

    out = np.empty(len(weights))
    weighted_medians(values, owners, weights, out)
    return out
