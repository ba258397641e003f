"""Holm's correction: of many tests at once, the chance that any of them errs stays below the level.

Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


def holm(pvalues: ArrayLike) -> Values:
    """Adjust p-values, each to the lowest level at which Holm's procedure rejects it; NaN is no test and stays.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    raw = np.asarray(pvalues, dtype=np.float64)
    adjusted = np.full(raw.shape, np.nan)
    tests = np.flatnonzero(~np.isnan(raw.ravel()))
    order = tests[np.argsort(raw.ravel()[tests], kind="stable")]
    steps = raw.ravel()[order] * np.arange(len(order), 0, -1)
    adjusted.ravel()[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def rejected(pvalues: Values, *, alpha: float) -> NDArray[np.bool_]:
    """Tell which tests Holm's procedure rejects: those whose adjusted p-value is below the level, found faster.

    >>> rejected(np.array([0.01, 0.04, 0.03]), alpha=0.05).tolist()
    [True, False, False]
    """
    small = np.flatnonzero(pvalues < alpha)
    order = small[np.argsort(pvalues[small], kind="stable")]
    failed = pvalues[order] * (len(pvalues) - np.arange(len(order))) >= alpha
    result = np.zeros(len(pvalues), dtype=bool)
    result[order[: np.argmax(failed)] if failed.any() else order] = True
    return result
