"""The one pass over a block of scores that ranking needs, compiled.

Twelve rows are counted together so that a column's threshold and counters are loaded once for twelve scores: with
one row at a time the counters, not the scores, are what the memory bus carries. Kept as plain repetition because
numba neither unrolls loops over tuples of accumulators nor keeps small arrays in registers.

The kernels release the interpreter lock and are driven by ordinary threads (`evaluator/passes.py`), which unlike
numba's own threading layers may be used after a fork, as Celery does.
"""

import numba
import numpy as np

ROWS = 12
"""How many rows the fast loop takes at a time."""


@numba.njit(nogil=True, cache=True)
def count_block(block, row_best, col_best, row_above, row_equal, col_above, col_equal):  # type: ignore[no-untyped-def]
    """Add a block's contribution to the counts of its rows and of its columns.

    Args:
        block: Scores, shape (n, m), float32 or float64, rows contiguous.
        row_best: Score of the best relevant candidate per row, shape (n,), same dtype.
        col_best: The same per column, shape (m,).
        row_above: int32 (n,), increased by the number of scores above `row_best`.
        row_equal: int32 (n,), increased by the number of scores equal to `row_best`.
        col_above: int32 (m,), likewise for columns.
        col_equal: int32 (m,), likewise for columns.

    Returns:
        How many columns of how many row groups hold a NaN or an infinity; 0 when all scores are finite.
    """
    n, m = block.shape
    one = np.int32(1)
    zero = np.int32(0)
    bad = np.int64(0)
    i = 0
    while i + ROWS <= n:
        r0, r1, r2, r3, r4, r5 = block[i], block[i + 1], block[i + 2], block[i + 3], block[i + 4], block[i + 5]
        r6, r7, r8, r9, r10, r11 = block[i + 6], block[i + 7], block[i + 8], block[i + 9], block[i + 10], block[i + 11]
        b0, b1, b2, b3, b4, b5 = (
            row_best[i], row_best[i + 1], row_best[i + 2], row_best[i + 3], row_best[i + 4], row_best[i + 5],
        )  # fmt: skip
        b6, b7, b8, b9, b10, b11 = (
            row_best[i + 6], row_best[i + 7], row_best[i + 8], row_best[i + 9], row_best[i + 10], row_best[i + 11],
        )  # fmt: skip
        a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = a8 = a9 = a10 = a11 = zero
        e0 = e1 = e2 = e3 = e4 = e5 = e6 = e7 = e8 = e9 = e10 = e11 = zero
        finite = zero
        for j in range(m):
            c = col_best[j]
            s0, s1, s2, s3, s4, s5 = r0[j], r1[j], r2[j], r3[j], r4[j], r5[j]
            s6, s7, s8, s9, s10, s11 = r6[j], r7[j], r8[j], r9[j], r10[j], r11[j]
            a0 += np.int32(s0 > b0)
            a1 += np.int32(s1 > b1)
            a2 += np.int32(s2 > b2)
            a3 += np.int32(s3 > b3)
            a4 += np.int32(s4 > b4)
            a5 += np.int32(s5 > b5)
            a6 += np.int32(s6 > b6)
            a7 += np.int32(s7 > b7)
            a8 += np.int32(s8 > b8)
            a9 += np.int32(s9 > b9)
            a10 += np.int32(s10 > b10)
            a11 += np.int32(s11 > b11)
            e0 += np.int32(s0 == b0)
            e1 += np.int32(s1 == b1)
            e2 += np.int32(s2 == b2)
            e3 += np.int32(s3 == b3)
            e4 += np.int32(s4 == b4)
            e5 += np.int32(s5 == b5)
            e6 += np.int32(s6 == b6)
            e7 += np.int32(s7 == b7)
            e8 += np.int32(s8 == b8)
            e9 += np.int32(s9 == b9)
            e10 += np.int32(s10 == b10)
            e11 += np.int32(s11 == b11)
            col_above[j] += (
                np.int32(s0 > c) + np.int32(s1 > c) + np.int32(s2 > c) + np.int32(s3 > c)
                + np.int32(s4 > c) + np.int32(s5 > c) + np.int32(s6 > c) + np.int32(s7 > c)
                + np.int32(s8 > c) + np.int32(s9 > c) + np.int32(s10 > c) + np.int32(s11 > c)
            )  # fmt: skip
            col_equal[j] += (
                np.int32(s0 == c) + np.int32(s1 == c) + np.int32(s2 == c) + np.int32(s3 == c)
                + np.int32(s4 == c) + np.int32(s5 == c) + np.int32(s6 == c) + np.int32(s7 == c)
                + np.int32(s8 == c) + np.int32(s9 == c) + np.int32(s10 == c) + np.int32(s11 == c)
            )  # fmt: skip
            # x - x is 0 exactly when x is finite, and a NaN survives the sum.
            odd = (
                (s0 - s0) + (s1 - s1) + (s2 - s2) + (s3 - s3) + (s4 - s4) + (s5 - s5)
                + (s6 - s6) + (s7 - s7) + (s8 - s8) + (s9 - s9) + (s10 - s10) + (s11 - s11)
            )  # fmt: skip
            finite += one if odd == 0 else zero
        bad += m - finite
        row_above[i] += a0
        row_above[i + 1] += a1
        row_above[i + 2] += a2
        row_above[i + 3] += a3
        row_above[i + 4] += a4
        row_above[i + 5] += a5
        row_above[i + 6] += a6
        row_above[i + 7] += a7
        row_above[i + 8] += a8
        row_above[i + 9] += a9
        row_above[i + 10] += a10
        row_above[i + 11] += a11
        row_equal[i] += e0
        row_equal[i + 1] += e1
        row_equal[i + 2] += e2
        row_equal[i + 3] += e3
        row_equal[i + 4] += e4
        row_equal[i + 5] += e5
        row_equal[i + 6] += e6
        row_equal[i + 7] += e7
        row_equal[i + 8] += e8
        row_equal[i + 9] += e9
        row_equal[i + 10] += e10
        row_equal[i + 11] += e11
        i += ROWS
    while i < n:
        row = block[i]
        best = row_best[i]
        above = equal = finite = zero
        for j in range(m):
            s, c = row[j], col_best[j]
            above += np.int32(s > best)
            equal += np.int32(s == best)
            col_above[j] += np.int32(s > c)
            col_equal[j] += np.int32(s == c)
            finite += one if s - s == 0 else zero
        bad += m - finite
        row_above[i] += above
        row_equal[i] += equal
        i += 1
    return bad


@numba.njit(nogil=True, cache=True)
def count_nonfinite(block):  # type: ignore[no-untyped-def]
    """Return how many scores of a block are NaN or infinite."""
    bad = np.int64(0)
    for i in range(block.shape[0]):
        row = block[i]
        finite = np.int32(0)
        for j in range(block.shape[1]):
            finite += np.int32(row[j] - row[j] == 0)
        bad += block.shape[1] - finite
    return bad


@numba.njit(nogil=True, cache=True)
def count_block_in_folds(  # type: ignore[no-untyped-def]
    block, row_best, col_best, row_folds, col_folds, row_above, row_equal, col_above, col_equal
):
    """Count as `count_block`, but for every draw only candidates in the query's own fold.

    Args:
        block: Scores, shape (n, m).
        row_best: Thresholds per row, shape (n,); all relevant candidates of a row are in its own fold.
        col_best: Thresholds per column, shape (m,).
        row_folds: uint8 (n, draws), the fold of each row in each draw.
        col_folds: uint8 (m, draws), the fold of each column in each draw.
        row_above: int32 (n, draws), increased in place; likewise the other three.
        row_equal: int32 (n, draws).
        col_above: int32 (m, draws).
        col_equal: int32 (m, draws).

    Returns:
        The number of scores that are not finite.
    """
    n, m = block.shape
    draws = row_folds.shape[1]
    bad = np.int64(0)
    for i in range(n):
        best = row_best[i]
        for j in range(m):
            s, c = block[i, j], col_best[j]
            if s - s != 0:
                bad += 1
            if s >= best:
                if s > best:
                    for d in range(draws):
                        row_above[i, d] += np.int32(row_folds[i, d] == col_folds[j, d])
                else:
                    for d in range(draws):
                        row_equal[i, d] += np.int32(row_folds[i, d] == col_folds[j, d])
            if s >= c:
                if s > c:
                    for d in range(draws):
                        col_above[j, d] += np.int32(row_folds[i, d] == col_folds[j, d])
                else:
                    for d in range(draws):
                        col_equal[j, d] += np.int32(row_folds[i, d] == col_folds[j, d])
    return bad


@numba.njit(nogil=True, cache=True)
def count_groups(block, offsets, levels, above, equal):  # type: ignore[no-untyped-def]
    """Count, for every row, the candidates just above and at each distinct relevant score of that row.

    Args:
        block: Scores, shape (n, m).
        offsets: int64 (n + 1,), row i owns `levels[offsets[i]:offsets[i + 1]]`.
        levels: Distinct relevant scores, descending within a row.
        above: int32, as `levels`, increased by the scores between this level and the next higher one.
        equal: int32, as `levels`, increased by the scores at it.
    """
    for i in range(block.shape[0]):
        first, last = offsets[i], offsets[i + 1]
        if first == last:
            continue
        lowest = levels[last - 1]
        for j in range(block.shape[1]):
            s = block[i, j]
            if s < lowest:
                continue
            low, high = first, last - 1
            while low < high:
                middle = (low + high) // 2
                if levels[middle] <= s:
                    high = middle
                else:
                    low = middle + 1
            if levels[low] == s:
                equal[low] += 1
            else:
                above[low] += 1


@numba.njit(nogil=True, cache=True)
def weighted_medians(values, owners, weights, out):  # type: ignore[no-untyped-def]
    """Median of the values of every resampling, each value repeated as often as its owner was drawn.

    Args:
        values: float64 (n,), ascending.
        owners: int64 (n,), the cluster of each value.
        weights: int64 (draws, clusters), how often each cluster was drawn.
        out: float64 (draws,), set in place; NaN where no value was drawn.
    """
    for d in range(weights.shape[0]):
        total = np.int64(0)
        for k in range(len(values)):
            total += weights[d, owners[k]]
        lower = np.nan
        upper = np.nan
        seen = np.int64(0)
        for k in range(len(values)):
            seen += weights[d, owners[k]]
            if lower != lower and seen > (total - 1) // 2 and total > 0:
                lower = values[k]
            if seen > total // 2:
                upper = values[k]
                break
        out[d] = (lower + upper) / 2
