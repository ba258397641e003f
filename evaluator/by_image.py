"""What every image contributes to a value: from it follow the noise of the value and of differences between systems.

The queries of one image, its captions among them, are not independent, so images are what varies. A value is a sum of
means over queries; the effect of an image is how far its own queries move that sum (the linear part of a ratio of sums,
as survey statistics use it). Effects of two systems on one split subtract, which is all that a paired test needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.metric import Aggregate, Values
from evaluator.protocol import RECALLS, RSUM
from evaluator.uncertainty import Sample
from splits.split import Direction


@dataclass(frozen=True, slots=True, eq=False)
class ByImage:
    """One value of one system on one split, with the part of every image in it."""

    value: float
    effects: Values
    """Shape (n_images,); they sum to 0 and are 0 for images without a query."""
    n_clusters: int
    """Images with a query."""

    @property
    def error(self) -> float:
        """Return the standard error of the value over images."""
        return float(np.sqrt(np.sum(self.effects**2) * self.n_clusters / max(self.n_clusters - 1, 1)))


def by_image(
    samples: Sequence[Sample], n_images: int, *, folds: NDArray[np.uint8] | None = None, weight: float = 1.0
) -> ByImage:
    """Add up the means of some samples, and tell what every image does to the sum.

    Args:
        samples: Values per query, with the image of each; of a metric that is averaged.
        n_images: The number of images in the split.
        folds: The fold of each image, shape (n_images,), where means are taken within folds and then averaged.
        weight: What the sum is multiplied with: one half for the mean of two directions.

    >>> asked = Sample(np.array([1.0, 0.0, 0.0, 1.0]), np.array([0, 1, 2, 3]), Aggregate.MEAN)
    >>> found = by_image([asked], 4)
    >>> found.value, found.effects.tolist(), round(found.error, 4)
    (0.5, [0.125, -0.125, -0.125, 0.125], 0.2887)
    """
    labels = np.zeros(n_images, dtype=np.uint8) if folds is None else folds
    n_folds = len(np.unique(labels))
    value, effects, asked = 0.0, np.zeros(n_images), np.zeros(n_images, dtype=bool)
    for sample in samples:
        if sample.aggregate is not Aggregate.MEAN:
            raise ValueError("Only a mean is a sum of what its images do; a median is not.")
        sums = np.bincount(sample.owners, sample.values, n_images)
        sizes = np.bincount(sample.owners, minlength=n_images).astype(np.float64)
        per_fold, in_fold = np.bincount(labels, sums), np.bincount(labels, sizes)
        means = per_fold / in_fold
        value += float(means.sum()) / n_folds
        effects += (sums - means[labels] * sizes) / (in_fold[labels] * n_folds)
        asked |= sizes > 0
    return ByImage(weight * value, weight * effects, int(asked.sum()))


def leading_by_image(
    metric: str | None,
    samples: Mapping[tuple[str, Direction], Sample],
    n_images: int,
    *,
    folds: NDArray[np.uint8] | None = None,
) -> dict[str, ByImage]:
    """Tell what images do to the value that boards rank on, under its name; nothing where a direction is missing.

    Args:
        metric: `rsum`, or a metric of which the mean over both directions is meant; None for a protocol without one.
        samples: Values per query, by metric and direction.
        n_images: The number of images in the split.
        folds: The fold of each image, where means are taken within folds.
    """
    if metric is None or {direction for _, direction in samples} != set(Direction):
        return {}
    names = RECALLS if metric == RSUM else (metric,)
    found = [samples[name, direction] for direction in Direction for name in names]
    weight = 1.0 if metric == RSUM else 1 / len(Direction)
    return {metric: by_image(found, n_images, folds=folds, weight=weight)}


def averaged(runs: Sequence[ByImage]) -> ByImage:
    """Average the runs of one system image by image: what is left of the seeds in it is no noise of the queries.

    Raises:
        ValueError: The runs are of different splits.
    """
    if len({(len(run.effects), run.n_clusters) for run in runs}) != 1:
        raise ValueError("Only runs that were asked about the same images can be averaged image by image.")
    effects = np.mean([run.effects for run in runs], axis=0)
    return ByImage(float(np.mean([run.value for run in runs])), effects, runs[0].n_clusters)
