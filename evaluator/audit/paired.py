"""Two systems on one split: a test of their gap on the queries that both answered, image by image.

The difference of two systems has an effect per image, and images are independent where queries are not. So the error
of the gap is the cluster-robust one, and its statistic is held against Student's t. Its degrees of freedom are
Satterthwaite's: as many as images decide the gap, which are few where two systems differ on few images only. The seeds
are tested apart, in `seed_noise`: the two variances are never mixed. Reasons: `docs/explanation/paired-tests.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.by_image import ByImage

Values = NDArray[np.float64]

ALPHA = 0.05
CHUNK = 512
"""How many images are looked at at a time."""


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The gap between two systems on one split, and what is known of it."""

    gap: float
    """The first value less the second."""
    error: float
    """Standard error of the gap over images."""
    deciding: float
    """How many images the gap effectively rests on."""
    pvalue: float
    ci95: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums over images of the squares and fourth powers of the differences of all pairs, shape (n, n) each."""

    squares: Values
    fourths: Values


def paired_test(first: ByImage, second: ByImage) -> PairedTest:
    """Test whether two systems differ in a value, given the same queries.

    Raises:
        ValueError: They were asked about different images.
    """
    from scipy.special import stdtrit

    if (len(first.effects), first.n_clusters) != (len(second.effects), second.n_clusters):
        raise ValueError("Only two results on the same split, asked about the same images, can be paired.")
    difference = first.effects - second.effects
    n = first.n_clusters
    gap = first.value - second.value
    squares, fourths = float(np.sum(difference**2)), float(np.sum(difference**4))
    error = float(gap_errors(np.array(squares), n))
    deciding = squares**2 / fourths if fourths > 0 else float(n)
    pvalue = float(gap_significance(np.array(gap), np.array(squares), np.array(fourths), n))
    half = error * float(stdtrit(_freedom(np.array(deciding), n), 1 - ALPHA / 2))
    return PairedTest(gap, error, deciding, pvalue, (gap - half, gap + half))


def pair_moments(effects: Sequence[Values] | Values) -> Moments:
    """Return the sums that the tests of all pairs need, from one pass over the effects of all systems.

    A square of a difference is three products and a fourth power five, so all pairs together cost a few products of
    matrices: no pair is looked at by itself.
    """
    rows = np.asarray(effects, dtype=np.float64)
    n = len(rows)
    plain, squared, cubed = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    for start in range(0, rows.shape[1], CHUNK):
        part = np.ascontiguousarray(rows[:, start : start + CHUNK])
        square = part**2
        plain += part @ part.T
        squared += square @ square.T
        cubed += (square * part) @ part.T
    own, fourth = np.diag(plain).copy(), np.diag(squared).copy()
    squares = own[:, None] + own[None, :] - 2 * plain
    fourths = fourth[:, None] + fourth[None, :] - 4 * (cubed + cubed.T) + 6 * squared
    # What is left of equal effects is rounding, and no difference at all.
    noise = np.finfo(np.float64).eps * 64
    same = squares <= noise * (own[:, None] + own[None, :])
    squares[same] = 0.0
    fourths[same | (fourths <= noise * (fourth[:, None] + fourth[None, :]))] = 0.0
    return Moments(squares, fourths)


def gap_errors(squares: Values, n_clusters: int) -> Values:
    """Return the standard errors of gaps from the summed squares of their effects."""
    return np.asarray(np.sqrt(squares * n_clusters / max(n_clusters - 1, 1)), dtype=np.float64)


def gap_significance(gap: Values, squares: Values, fourths: Values, n_clusters: int) -> Values:
    """Return the two-sided p-values of gaps.

    Where every image moves by the same amount there is no scatter to hold the gap against. Then the p-value is that of
    as many coins falling on one side.
    """
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.abs(gap) / gap_errors(squares, n_clusters)
        deciding = np.where(fourths > 0, squares**2 / fourths, n_clusters)
        pvalues = np.minimum(2 * stdtr(_freedom(deciding, n_clusters), -statistic), 1.0)
    without_scatter = np.where(gap == 0, 1.0, 2.0 ** (1 - n_clusters))
    return np.asarray(np.where(squares > 0, pvalues, without_scatter), dtype=np.float64)


def _freedom(deciding: Values, n_clusters: int) -> Values:
    # One deciding image leaves nothing free; Student's t is defined for every number above 0.
    return np.asarray(np.clip(np.minimum(deciding, n_clusters) - 1, 1e-3, None), dtype=np.float64)
