"""Kendall's tau-b from the order of every pair, so that ties may be those of printed digits and not only of values.

Kendall, M. G. (1945). The treatment of ties in ranking problems. Biometrika 33.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.audit.system_value import SystemValue, rounding_tie

Signs = NDArray[np.int8]


def pair_signs(values: Sequence[SystemValue]) -> Signs:
    """Return for every pair i < j, rows first, 1 where i is greater, -1 where j is, 0 where digits leave it open."""
    rows, columns = np.triu_indices(len(values), 1)
    return np.array(
        [
            0 if rounding_tie(values[i], values[j]) else 1 if values[i].value > values[j].value else -1
            for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        ],
        dtype=np.int8,
    )


def tau_b(first: Signs, second: Signs) -> float | None:
    """Return Kendall's tau-b; None where one side ties every pair.

    >>> tau_b(np.array([1, 1, 1], np.int8), np.array([1, 1, -1], np.int8)).__round__(3)
    0.333
    """
    untied = np.sqrt(float(np.count_nonzero(first)) * float(np.count_nonzero(second)))
    return float(np.sum(first.astype(np.int64) * second) / untied) if untied else None


def agreement_share(first: Signs, second: Signs) -> float:
    """Return the share of pairs in the same order: tied in both counts whole, tied in one half."""
    tied_in_one = (first == 0) ^ (second == 0)
    return float(np.mean(np.where(tied_in_one, 0.5, first == second)))
