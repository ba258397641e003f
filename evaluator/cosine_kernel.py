"""The compiled loops over embeddings: exact cosines, and the few of a tile whose float32 value could mislead.

A dot product is summed in eight lanes that are added in a fixed order, so that equal vectors have bit-equal cosines in
every place of every block, on every machine. What is left to the machine's linear algebra is only to find pairs whose
comparison no rounding can turn.
"""

import numba
import numpy as np

CHUNK = 64
"""How many scores of a row are looked at together; in most chunks there is none to recompute."""

PATIENCE = 16
"""How many rows may be full of doubtful scores before those that follow are taken to be the same."""


@numba.njit(nogil=True, cache=True)
def dot(left, right):  # type: ignore[no-untyped-def]
    """Multiply two vectors in float64."""
    width = len(left)
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    k = 0
    while k + 8 <= width:
        s0 += np.float64(left[k]) * np.float64(right[k])
        s1 += np.float64(left[k + 1]) * np.float64(right[k + 1])
        s2 += np.float64(left[k + 2]) * np.float64(right[k + 2])
        s3 += np.float64(left[k + 3]) * np.float64(right[k + 3])
        s4 += np.float64(left[k + 4]) * np.float64(right[k + 4])
        s5 += np.float64(left[k + 5]) * np.float64(right[k + 5])
        s6 += np.float64(left[k + 6]) * np.float64(right[k + 6])
        s7 += np.float64(left[k + 7]) * np.float64(right[k + 7])
        k += 8
    while k < width:
        s0 += np.float64(left[k]) * np.float64(right[k])
        k += 1
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def cosine(left, right, left_length, right_length):  # type: ignore[no-untyped-def]
    """Return the cosine of two vectors, in float64 and rounded to float32."""
    return np.float32(dot(left, right) / (left_length * right_length))


@numba.njit(nogil=True, cache=True)
def lengths_of(vectors, lengths):  # type: ignore[no-untyped-def]
    """Set the Euclidean length of every row."""
    for i in range(len(vectors)):
        lengths[i] = np.sqrt(dot(vectors[i], vectors[i]))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def unit_rows(vectors, lengths, unit):  # type: ignore[no-untyped-def]
    """Set every row divided by its length, rounded to the type of `unit`."""
    for i in range(len(vectors)):
        row, length, out = vectors[i], lengths[i], unit[i]
        for k in range(len(row)):
            out[k] = row[k] / length


@numba.njit(nogil=True, cache=True)
def cosines_of_pairs(left, right, left_lengths, right_lengths, rows, columns, out):  # type: ignore[no-untyped-def]
    """Set the cosine of row `rows[k]` of `left` and row `columns[k]` of `right`, for every k."""
    for k in range(len(rows)):
        i, j = rows[k], columns[k]
        out[k] = cosine(left[i], right[j], left_lengths[i], right_lengths[j])


@numba.njit(nogil=True, cache=True)
def _next_near(row, best, bests, margin, start):  # type: ignore[no-untyped-def]
    """Return where the next chunk begins that holds a score near `best` or near its own of `bests`."""
    # A function of its own, so that no view of a chunk outlives it and the loop costs no counting of references.
    for first in range(start, len(row), CHUNK):
        part, own = row[first : first + CHUNK], bests[first : first + CHUNK]
        near = np.int32(0)
        for j in range(len(part)):
            near += np.int32(abs(part[j] - best) <= margin) + np.int32(abs(part[j] - own[j]) <= margin)
        if near:
            return first
    return len(row)


@numba.njit(nogil=True, cache=True)
def _next_reaching(row, lowest, margin, start):  # type: ignore[no-untyped-def]
    """Return where the next chunk begins that holds a score not surely below `lowest`."""
    for first in range(start, len(row), CHUNK):
        part = row[first : first + CHUNK]
        reaching = np.int32(0)
        for j in range(len(part)):
            reaching += np.int32(lowest - part[j] <= margin)
        if reaching:
            return first
    return len(row)


@numba.njit(nogil=True, cache=True)
def settle_best(  # type: ignore[no-untyped-def]
    block, left, right, left_lengths, right_lengths, row_best, col_best, margin, most
):
    """Recompute the scores that may stand on the other side of their row's or their column's best relevant score.

    Args:
        block: Approximate cosines, float32 (n, m), each within `margin` of the exact one; set in place.
        left: The n vectors of the rows.
        right: The m vectors of the columns.
        left_lengths: float64 (n,).
        right_lengths: float64 (m,).
        row_best: float32 (n,), exact.
        col_best: float32 (m,), exact.
        margin: float32.
        most: Give up when more scores of a row than these are doubtful, on average.

    Returns:
        Whether all comparisons with `row_best` and `col_best` come out as those of the exact scores.
    """
    doubtful = np.int64(0)
    width = block.shape[1]
    for i in range(block.shape[0]):
        row, best = block[i], row_best[i]
        start = _next_near(row, best, col_best, margin, 0)
        while start < width:
            for j in range(start, min(start + CHUNK, width)):
                if abs(row[j] - best) <= margin or abs(row[j] - col_best[j]) <= margin:
                    row[j] = cosine(left[i], right[j], left_lengths[i], right_lengths[j])
                    doubtful += 1
            if doubtful > (i + PATIENCE) * most:
                return False
            start = _next_near(row, best, col_best, margin, start + CHUNK)
    return True


@numba.njit(nogil=True, cache=True)
def settle_levels(  # type: ignore[no-untyped-def]
    block, left, right, left_lengths, right_lengths, offsets, levels, margin, most
):
    """Recompute as `settle_best`, but the scores near any of several levels of their row.

    Args:
        block: As there, and so the other arguments of the same names.
        left: float32 or float64 (n, width).
        right: The same (m, width).
        left_lengths: float64 (n,).
        right_lengths: float64 (m,).
        offsets: int64 (n + 1,), row i owns `levels[offsets[i]:offsets[i + 1]]`, at least one.
        levels: float32, exact, descending within a row.
        margin: float32.
        most: A number.
    """
    doubtful = np.int64(0)
    width = block.shape[1]
    for i in range(block.shape[0]):
        row, first, last = block[i], offsets[i], offsets[i + 1]
        lowest = levels[last - 1]
        start = _next_reaching(row, lowest, margin, 0)
        while start < width:
            for j in range(start, min(start + CHUNK, width)):
                s = row[j]
                if lowest - s > margin:
                    continue
                low, high = first, last - 1
                while low < high:
                    middle = (low + high) // 2
                    if levels[middle] <= s:
                        high = middle
                    else:
                        low = middle + 1
                if abs(s - levels[low]) <= margin or (low > first and levels[low - 1] - s <= margin):
                    row[j] = cosine(left[i], right[j], left_lengths[i], right_lengths[j])
                    doubtful += 1
            if doubtful > (i + PATIENCE) * most:
                return False
            start = _next_reaching(row, lowest, margin, start + CHUNK)
    return True


@numba.njit(nogil=True, cache=True)
def settle_all(block, wide, left, right, left_lengths, right_lengths, error):  # type: ignore[no-untyped-def]
    """Set every score of a block from a product in float64.

    Args:
        block: float32 (n, m), set in place.
        wide: float64 (n, m), each within `error` of the exact cosine before rounding.
        left: The n vectors of the rows.
        right: The m vectors of the columns.
        left_lengths: float64 (n,).
        right_lengths: float64 (m,).
        error: float64.
    """
    for i in range(block.shape[0]):
        for j in range(block.shape[1]):
            below, above = np.float32(wide[i, j] - error), np.float32(wide[i, j] + error)
            # Only where a boundary of rounding lies between the two is the last bit in doubt.
            if below == above:
                block[i, j] = below
            else:
                block[i, j] = cosine(left[i], right[j], left_lengths[i], right_lengths[j])
