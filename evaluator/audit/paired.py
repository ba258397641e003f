"""Two systems on one split: a test of their gap on the queries that both answered, image by image.

The difference of two systems has an effect per image, and images are independent where queries are not. So the error
of the gap is the cluster-robust one, and its statistic is held against Student's t. Its degrees of freedom follow from
how many images decide the gap, which are few where two systems differ on few images only. The seeds are tested apart,
in `seed_noise`: the two variances are never mixed. Reasons: `docs/explanation/paired-tests.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.by_image import ByImage

Values = NDArray[np.float64]

ALPHA = 0.05
SETTLED_FREEDOM = 50
"""With so many degrees of freedom or more, a case that is clear under Student's t with these is clear."""
CHUNK = 2048
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
class Differences:
    """What the images say of the gaps between systems: arrays of one shape, such as (n, n) for all pairs."""

    scatter: Values
    """Summed squares of the differences between two systems' effects."""
    deciding: Values
    """How many images a gap effectively rests on."""

    def at(self, where: tuple[NDArray[np.intp], ...] | NDArray[np.intp]) -> "Differences":
        """Return some of them."""
        return Differences(self.scatter[where], self.deciding[where])


def paired_test(first: ByImage, second: ByImage) -> PairedTest:
    """Test whether two systems differ in a value, given the same queries.

    Raises:
        ValueError: They were asked about different images.
    """
    from scipy.special import stdtrit

    if (len(first.effects), first.n_clusters) != (len(second.effects), second.n_clusters):
        raise ValueError("Only two results on the same split, asked about the same images, can be paired.")
    n = first.n_clusters
    gap = first.value - second.value
    effects = first.effects - second.effects
    shares = effects + gap / len(effects)
    fourths = float(np.sum(shares**4))
    deciding = float(np.sum(shares**2)) ** 2 / fourths if fourths > 0 else 0.0
    found = Differences(np.array([np.sum(effects**2)]), np.array([deciding]))
    [error], [pvalue] = gap_errors(found, n), paired_pvalues(np.array([gap]), found, n)
    half = error * float(stdtrit(_freedom(found, n)[0], 1 - ALPHA / 2))
    return PairedTest(gap, float(error), deciding, float(pvalue), (gap - half, gap + half))


def all_differences(values: Values, effects: Sequence[Values] | Values) -> Differences:
    """Compare all systems with each other, in one pass over their effects.

    A square of a difference is three products and a fourth power five, so all pairs together cost a few products of
    matrices: no pair is looked at by itself.

    Args:
        values: The value of every system, shape (n,).
        effects: The effects of every system, shape (n, n_images).
    """
    rows = np.asarray(effects, dtype=np.float64)
    n, n_images = rows.shape
    plain, squared, cubed = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    for start in range(0, n_images, CHUNK):
        part = rows[:, start : start + CHUNK] + values[:, None] / n_images
        square = part**2
        plain += part @ part.T
        squared += square @ square.T
        cubed += (square * part) @ part.T
    own, fourth = np.diag(plain).copy(), np.diag(squared).copy()
    squares = _without_rounding(own[:, None] + own[None, :] - 2 * plain, own)
    cubed += cubed.T.copy()
    fourths = _without_rounding(fourth[:, None] + fourth[None, :] - 4 * cubed + 6 * squared, fourth)
    scatter = _without_rounding(squares - np.subtract.outer(values, values) ** 2 / n_images, own)
    deciding = np.divide(squares**2, fourths, out=np.zeros((n, n)), where=fourths > 0)
    return Differences(scatter, deciding)


def gap_errors(found: Differences, n_clusters: int) -> Values:
    """Return the standard errors of gaps."""
    return np.asarray(np.sqrt(found.scatter * n_clusters / max(n_clusters - 1, 1)), dtype=np.float64)


def paired_pvalues(gap: Values, found: Differences, n_clusters: int) -> Values:
    """Return the two-sided p-values of gaps.

    Where every image moves by the same amount there is no scatter to hold the gap against. Then the p-value is that of
    as many coins falling on one side.
    """
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.abs(gap) / gap_errors(found, n_clusters)
        pvalues = np.minimum(2 * stdtr(_freedom(found, n_clusters), -statistic), 1.0)
    without_scatter = np.where(gap == 0, 1.0, 2.0 ** (1 - n_clusters))
    return np.asarray(np.where(found.scatter > 0, pvalues, without_scatter), dtype=np.float64)


def deciding_pvalues(gap: Values, found: Differences, n_clusters: int, *, n_tests: int, alpha: float = ALPHA) -> Values:
    """Return p-values that are exact where Holm's procedure over so many tests could decide either way.

    Elsewhere they are 1, where no test at the level rejects, and 0, where every corrected one does: of the millions of
    pairs of a large board most are settled so, without Student's distribution.
    """
    from scipy.special import ndtri, stdtrit

    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.abs(gap) / gap_errors(found, n_clusters)
    beyond = -stdtrit(SETTLED_FREEDOM, alpha / (2 * n_tests))
    settled = (found.scatter > 0) & (_freedom(found, n_clusters) >= SETTLED_FREEDOM) & (statistic > beyond)
    # Student's t is wider than the normal distribution, whatever its degrees of freedom.
    unsettled = ~settled & ((statistic > -ndtri(alpha / 2)) | (found.scatter == 0))
    pvalues = np.where(settled, 0.0, 1.0)
    pvalues[unsettled] = paired_pvalues(gap[unsettled], found.at(np.flatnonzero(unsettled)), n_clusters)
    return pvalues


def _freedom(found: Differences, n_clusters: int) -> Values:
    # One deciding image leaves nothing free; Student's t is defined for every number above 0.
    return np.asarray(np.clip(np.minimum(found.deciding, n_clusters) - 1, 1e-3, None), dtype=np.float64)


def _without_rounding(sums: Values, own: Values) -> Values:
    """Set to 0 what is left of equal systems, which is rounding and no difference at all."""
    limit = np.finfo(np.float64).eps * 64 * (own[:, None] + own[None, :])
    return np.asarray(np.where(sums <= limit, 0.0, sums), dtype=np.float64)
