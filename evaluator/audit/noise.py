"""How far one number may lie from another by seeds alone: a t prediction interval, for scalars and arrays alike."""

import numpy as np
from numpy.typing import NDArray

from evaluator.metric import METRICS, Aggregate
from splits.split import Direction

LEVEL = 0.95
"""How many true claims are at least taken for what they are."""


def half_width(
    std: float | NDArray[np.float64], *, n: int, m: int = 1, best_of: int = 1, known_from: int | None = None
) -> NDArray[np.float64]:
    """Return how far the mean of m further runs may lie from the mean of n runs.

    Args:
        std: The sample standard deviation over runs.
        n: How many runs the measured mean is of.
        m: How many runs the stated mean is of; 1 where nobody says, which allows most.
        best_of: How many runs the stated number is the best of: the limit then bounds the best from above.
        known_from: How many runs `std` is from; n if omitted.

    >>> round(float(half_width(1.0, n=3)), 2), round(float(half_width(1.0, n=3, m=3)), 2)
    (4.97, 3.51)
    """
    from scipy.special import stdtrit

    # The best exceeds a limit when any run does: the chances of k runs add up to at most k times that of one.
    outside = (1 - LEVEL) / 2 / best_of
    quantile = stdtrit((known_from or n) - 1, 1 - outside)
    return np.asarray(quantile * std * np.sqrt(1 / m + 1 / n), dtype=np.float64)


def sample_std(values: NDArray[np.float64], *, step: float) -> NDArray[np.float64]:
    """Return the sample standard deviation over the last axis, but never less than one step of the metric.

    Runs whose values happen to be equal do not show that all others would be.
    """
    return np.asarray(np.maximum(values.std(axis=-1, ddof=1), step))


def step_of(metric: str, direction: Direction | None, *, n_images: int, n_captions: int) -> float:
    """Return the least amount by which a metric can differ between two runs.

    >>> step_of("R@1", Direction.I2T, n_images=1000, n_captions=5000)
    0.001
    """
    if metric in METRICS and METRICS[metric].aggregate is Aggregate.MEDIAN:
        return 0.5
    return 1 / (n_captions if direction is Direction.T2I else n_images)


def is_share(metric: str) -> bool:
    """Whether a metric counts in shares of queries, or in sums and means of such; ranks do not."""
    return metric not in METRICS or METRICS[metric].is_fraction
