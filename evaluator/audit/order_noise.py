"""What the noise of the values leaves open of the agreement of their orders.

A resampling of systems would say how tau varies between choices of systems, and with a handful of them nothing at all.
Here the systems stay, and every value is drawn again from what its own noise and its rounding leave open.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.audit.system_value import SystemValue

Values = NDArray[np.float64]

DRAWS = 4000


def tau_interval(first: Sequence[SystemValue], second: Sequence[SystemValue], *, seed: int = 0) -> tuple[float, float]:
    """Return the middle 95 % of tau over draws of the true values.

    The mean of n runs, with no opinion on the true value beforehand, leaves Student's t with n - 1 degrees of freedom
    around it; a printed number leaves what is rounded to it, each value alike. A value of which no noise is known moves
    within its rounding only.
    """
    source = np.random.PCG64(seed)
    drawn = [_drawn(values, source) for values in (first, second)]
    rows, columns = np.triu_indices(len(first), 1)
    signs = [np.sign(values[:, rows] - values[:, columns]) for values in drawn]
    untied = np.sqrt(np.prod([np.count_nonzero(own, axis=1) for own in signs], axis=0, dtype=np.float64))
    taus = np.sum(signs[0] * signs[1], axis=1) / np.where(untied > 0, untied, 1.0)
    # tau takes few values: the ends are values it takes, not points between them.
    low, high = np.percentile(taus, [2.5, 97.5], method="inverted_cdf")
    return float(low), float(high)


def _drawn(values: Sequence[SystemValue], source: np.random.PCG64) -> Values:
    from scipy.special import ndtri, stdtrit

    freedom, errors, rounding, means = (
        np.array([getattr(value, name) or 0.0 for value in values])
        for name in ("freedom", "error", "rounding", "value")
    )
    chances = _uniform(source, len(values))
    noise = np.where(np.isinf(freedom), ndtri(chances), stdtrit(np.minimum(freedom, 1e9), chances))
    return np.asarray(means + errors * noise + rounding * (2 * _uniform(source, len(values)) - 1), dtype=np.float64)


def _uniform(source: np.random.PCG64, n: int) -> Values:
    """Draw numbers strictly between 0 and 1 from raw output, a stream that numpy promises not to change."""
    raw = source.random_raw(DRAWS * n).reshape(DRAWS, n)
    return np.asarray(((raw >> np.uint64(11)).astype(np.float64) + 0.5) / 2**53, dtype=np.float64)
