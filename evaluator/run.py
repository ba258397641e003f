"""What a system returned for one split, checked when built: matrix, embeddings, ranked lists or per-query ranks.

Every kind of run is in the split's canonical order or carries, per axis, the canonical index of each of its rows and
columns, so that a file with ids is never copied to be reordered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from splits.split import Direction, Indices

Scores = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class MatrixRun:
    """A similarity matrix; higher is more alike. Usually a memory map: never copied whole.

    `scores` has shape (n_images, n_captions), or the transpose when `captions_first`. `image_order[i]` is the canonical
    index of the image in position i of its axis, None when the axis is in canonical order; likewise `caption_order`.
    dtype is float16, float32 or float64 of any byte order. Finiteness is checked by the pass that ranks.
    """

    scores: Scores
    captions_first: bool = False
    image_order: Indices | None = None
    caption_order: Indices | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingRun:
    """One vector per image and per caption, compared by cosine; shapes (n_images, d) and (n_captions, d)."""

    images: Scores
    captions: Scores
    image_order: Indices | None = None
    caption_order: Indices | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RankedLists:
    """Candidates in descending order of score for every query of one direction, as compressed rows.

    Query q (canonical index) lists `candidates[offsets[q]:offsets[q + 1]]` (canonical indices, no repeats) with
    `scores` of the same length, not increasing within a row. Candidates left out share the last place.
    """

    offsets: Indices
    candidates: Indices
    scores: NDArray[np.float64]
    n_candidates: int


@dataclass(frozen=True, slots=True, eq=False)
class ListRun:
    """Ranked lists for one or both directions."""

    lists: Mapping[Direction, RankedLists]


@dataclass(frozen=True, slots=True, eq=False)
class RankEvidence:
    """Per-query ranks of the best relevant candidate, counted from 0, as VSE++-style scripts save them.

    Evidence that cannot be rescored: nothing says how ties were broken or which candidates stood above.
    """

    ranks: Mapping[Direction, Indices]


Run: TypeAlias = MatrixRun | EmbeddingRun | ListRun | RankEvidence


@dataclass(frozen=True, slots=True)
class ScoreFile:
    """A run as read from a file, with what the reader noticed."""

    run: Run
    format: str
    """The name of the score format that read it."""
    notes: tuple[str, ...] = ()
    """Remarks for the user that are no errors, e.g. that ids were in another order and were followed."""
    badges: tuple[str, ...] = ()
    """Short words that a board shows beside the result, e.g. that only a few candidates were re-ranked."""
