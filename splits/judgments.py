"""Which captions are relevant to which images: the rows that every metric is computed from."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from splits.digest import canonical_bytes, sha256_of
from splits.errors import SplitError

Indices = NDArray[np.int64]

ORIGINAL = "original"
"""The judgments every split has: a caption is relevant to the images it was written for."""


class Direction(StrEnum):
    """Which side asks: never "text retrieval" or "image retrieval", which papers use both ways."""

    I2T = "i2t"
    T2I = "t2i"


@dataclass(frozen=True, slots=True, eq=False)
class Relevance:
    """Which candidates are relevant to which queries in one direction, as compressed rows.

    Query q has the relevant candidates `candidates[offsets[q]:offsets[q + 1]]`, ascending, without repeats. A query
    without any is not asked. `n_relevant` may exceed the row's length when judgments name candidates outside the
    gallery, as two captions of ECCV Caption do; they count in R of R-Precision and can never be found.
    """

    offsets: Indices
    candidates: Indices
    n_candidates: int
    n_relevant: Indices

    def __post_init__(self) -> None:
        """Check that the rows are well formed."""
        lengths = np.diff(self.offsets)
        if len(self.candidates) and not 0 <= self.candidates.min() <= self.candidates.max() < self.n_candidates:
            raise SplitError("A judgment names a candidate outside the gallery.")
        lost = np.flatnonzero((self.n_relevant > 0) & (lengths == 0))
        if len(lost):
            raise SplitError(
                f"{len(lost)} queries have relevant candidates, but none in the gallery; first query number {lost[0]}."
            )

    @property
    def n_queries(self) -> int:
        """The number of queries, asked or not."""
        return len(self.offsets) - 1

    @property
    def asked(self) -> Indices:
        """The queries that have at least one relevant candidate, ascending."""
        return np.flatnonzero(np.diff(self.offsets))

    @property
    def query_of_candidate(self) -> Indices:
        """For every entry of `candidates`, the query it belongs to."""
        return np.repeat(np.arange(self.n_queries), np.diff(self.offsets))

    @classmethod
    def from_pairs(
        cls, queries: Indices, candidates: Indices, n_queries: int, n_candidates: int, *, outside: Indices | None = None
    ) -> "Relevance":
        """Build the rows from (query, candidate) pairs; repeats count once.

        Args:
            queries: The query of each pair.
            candidates: The relevant candidate of each pair.
            n_queries: The number of queries.
            n_candidates: The size of the gallery.
            outside: Per query, how many relevant candidates lie outside the gallery; none if omitted.
        """
        flat = np.unique(np.asarray(queries, dtype=np.int64) * n_candidates + np.asarray(candidates, dtype=np.int64))
        counts = np.bincount(flat // n_candidates, minlength=n_queries)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        total = counts if outside is None else counts + outside
        return cls(offsets, flat % n_candidates, n_candidates, total.astype(np.int64))

    def among(self, queries: Indices, candidates: Indices) -> "Relevance":
        """Restrict to some queries and some candidates, renumbered in the order given."""
        place = np.full(self.n_candidates, -1, dtype=np.int64)
        place[candidates] = np.arange(len(candidates))
        lengths = np.diff(self.offsets)[queries]
        starts = np.repeat(self.offsets[queries], lengths)
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        found = place[self.candidates[starts + within]]
        owners = np.repeat(np.arange(len(queries)), lengths)
        kept = found >= 0
        return Relevance.from_pairs(owners[kept], found[kept], len(queries), len(candidates))


@dataclass(frozen=True, slots=True, eq=False)
class Judgments:
    """Which captions count as relevant to which images, in both directions; not always symmetric."""

    name: str
    i2t: Relevance
    t2i: Relevance

    def towards(self, direction: Direction) -> Relevance:
        """Return the relevance for one direction."""
        return self.i2t if direction is Direction.I2T else self.t2i

    @property
    def digest(self) -> str:
        """SHA-256 over both directions' rows and counts."""
        rows = [[r.offsets.tolist(), r.candidates.tolist(), r.n_relevant.tolist()] for r in (self.i2t, self.t2i)]
        return sha256_of(canonical_bytes({"name": self.name, "rows": rows}))
