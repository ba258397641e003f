"""How often orders that have nothing to do with each other agree as well as two given ones do."""

from collections.abc import Sequence
from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from evaluator.audit.pair_signs import pair_signs
from evaluator.audit.system_value import SystemValue

EXACT_UP_TO = 8
"""With so many systems or fewer, all orders are tried: 40,320 at most."""
DRAWS = 20_000


def chance_pvalue(first: Sequence[SystemValue], second: Sequence[SystemValue], *, seed: int = 0) -> float | None:
    """Return the two-sided permutation p-value of tau; None where it is undefined.

    Ties stay what they are, so the p-value is exact with them; above eight systems it is that of 20,000 drawn orders,
    the given one counted among them.
    """
    signs = [pair_signs(values).astype(np.int64) for values in (first, second)]
    if not all(np.any(own) for own in signs):
        return None
    observed = abs(int(np.sum(signs[0] * signs[1])))
    n = len(first)
    orders = _all_orders(n) if n <= EXACT_UP_TO else _drawn_orders(n, seed)
    rows, columns = np.triu_indices(n, 1)
    square = np.zeros((n, n), dtype=np.int64)
    square[rows, columns] = signs[1]
    square -= square.T
    sums = np.zeros(len(orders), dtype=np.int64)
    for sign, i, j in zip(signs[0].tolist(), rows.tolist(), columns.tolist(), strict=True):
        sums += sign * square[orders[:, i], orders[:, j]]
    as_far = int(np.count_nonzero(np.abs(sums) >= observed))
    return as_far / factorial(n) if n <= EXACT_UP_TO else (as_far + 1) / (DRAWS + 1)


def _all_orders(n: int) -> NDArray[np.int64]:
    return np.array(list(permutations(range(n))), dtype=np.int64)


def _drawn_orders(n: int, seed: int) -> NDArray[np.int64]:
    keys = np.random.PCG64(seed).random_raw(DRAWS * n).reshape(DRAWS, n)
    return np.argsort(keys, axis=1, kind="stable").astype(np.int64)
