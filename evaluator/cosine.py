"""Embeddings and their cosines, defined once: in float64, rounded to float32, the same wherever a pair stands.

Equal vectors therefore tie exactly, and the ranks do not depend on the machine's linear algebra.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.matrix import NonFiniteScoresError
from evaluator.passes import native, over_rows
from evaluator.run import Scores
from splits.split import Indices

LONGEST, SHORTEST = 2.0**400, 2.0**-400
"""Between these the squares of a vector's components and their sum are ordinary float64 numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """The embeddings of one side, one after another in memory as float32 or float64, and their lengths."""

    rows: Scores
    lengths: NDArray[np.float64]

    @classmethod
    def of(cls, embeddings: Scores) -> "Vectors":
        """Measure embeddings of any kind; they are copied only where the kernels cannot read them as they lie.

        Raises:
            NonFiniteScoresError: A number is NaN or infinite, or a vector is all zeros.
        """
        rows = native(embeddings)
        lengths = _lengths(rows)
        if not np.all((lengths > SHORTEST) & (lengths < LONGEST)):
            rows = _scaled(rows)
            lengths = _lengths(rows)
        if not np.all((lengths > SHORTEST) & (lengths < LONGEST)):
            raise NonFiniteScoresError
        # Mapped files are read-only: one kind of array means one compilation of every kernel.
        rows = rows.view()
        rows.flags.writeable = False
        return cls(rows, lengths)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self.rows.shape[1])

    def part(self, first: int, last: int) -> "Vectors":
        """Return some neighbouring vectors, as a view."""
        return Vectors(self.rows[first:last], self.lengths[first:last])

    def take(self, places: Indices) -> "Vectors":
        """Return the vectors in some places, as a view where they lie together."""
        if np.all(np.diff(places) == 1):
            return self.part(int(places[0]), int(places[-1]) + 1) if len(places) else self.part(0, 0)
        return Vectors(self.rows[places], self.lengths[places])

    def unit(self, dtype: type[np.float32] | type[np.float64]) -> Scores:
        """Return the vectors divided by their lengths."""
        from evaluator.cosine_kernel import unit_rows

        unit = np.empty(self.rows.shape, dtype=dtype)
        over_rows(len(self), lambda a, z: unit_rows(self.rows[a:z], self.lengths[a:z], unit[a:z]))
        return unit


def cosines(left: Vectors, right: Vectors, rows: Indices, columns: Indices) -> NDArray[np.float32]:
    """Return the cosine of row `rows[k]` of one side and row `columns[k]` of the other, for every k.

    >>> sides = Vectors.of(np.array([[3.0, 4.0]])), Vectors.of(np.array([[0.0, 2.0], [3.0, 4.0]]))
    >>> cosines(*sides, np.array([0, 0]), np.array([0, 1])).tolist()
    [0.800000011920929, 1.0]
    """
    from evaluator.cosine_kernel import cosines_of_pairs

    found = np.empty(len(rows), dtype=np.float32)
    both = (left.rows, right.rows, left.lengths, right.lengths)
    over_rows(len(rows), lambda a, z: cosines_of_pairs(*both, rows[a:z], columns[a:z], found[a:z]))
    return found


def float32_error(width: int) -> np.float32:
    """Bound how far a float32 product of unit rows, summed in any order, may lie from the exact rounded cosine.

    Sums of `width` products of unit vectors err by `width` roundings at most; four more are for both rows, the cosine's
    own rounding and what is below the last bit. Vectors so wide that this says nothing get an infinite bound.
    """
    errors = (width + 6) * 2.0**-24
    return np.nextafter(np.float32(errors / (1 - errors)), np.float32(np.inf)) if errors < 0.5 else np.float32(np.inf)


def float64_error(width: int) -> float:
    """Bound how far a float64 product of unit rows, summed in any order, may lie from the exact cosine."""
    return (4 * width + 32) * 2.0**-53


def _lengths(rows: Scores) -> NDArray[np.float64]:
    from evaluator.cosine_kernel import lengths_of

    lengths = np.empty(len(rows), dtype=np.float64)
    over_rows(len(rows), lambda a, z: lengths_of(rows[a:z], lengths[a:z]))
    return lengths


def _scaled(rows: Scores) -> Scores:
    """Multiply every row by a power of two that brings its largest component near 1: no cosine changes."""
    largest = np.max(np.abs(rows), axis=1, initial=0)
    with np.errstate(invalid="ignore", under="ignore"):
        scaled: Scores = np.ldexp(rows, -np.frexp(largest)[1][:, None])
    return scaled
