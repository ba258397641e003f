"""The first stage of re-ranking: for every query the candidates whose embeddings are nearest, in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluator.model import ModelError
from evaluator.reranking.parts import Part
from splits.split import Direction, Indices

BLOCK_BYTES = 64 << 20
"""How large a block of similarities may become; a few such blocks are in memory at a time."""

Cosines = NDArray[np.float32]

_Block: TypeAlias = tuple[Indices, Indices, Cosines]
"""Queries with as many candidates each: shapes (n,), (n, depth) and (n, depth)."""


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The candidates of every query of one direction, as compressed rows, by canonical index."""

    offsets: Indices
    """Query q has the candidates from `offsets[q]` to before `offsets[q + 1]`; one that takes no part has none."""
    candidates: Indices
    """Nearest first."""
    cosines: Cosines
    """Of each candidate."""

    @property
    def owners(self) -> Indices:
        """Return the query of every candidate."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def find_candidates(
    images: NDArray[np.floating], captions: NDArray[np.floating], *, depth: int, parts: Sequence[Part]
) -> dict[Direction, Nearest]:
    """Find the candidates of both directions; equally near ones come in canonical order.

    Args:
        images: One row of length 1 per image; or several, shape (n, tokens, width), of which the nearest counts.
        captions: One row of length 1 per caption, of all captions.
        depth: How many candidates each query gets, at most as many as its part has.
        parts: Images and captions that find their candidates among themselves; no two parts share any.

    Raises:
        ModelError: An embedding is NaN or infinite.
    """
    for kind, vectors in (("image", images), ("caption", captions)):
        _refuse_nonfinite(kind, vectors)
    found: dict[Direction, list[_Block]] = {direction: [] for direction in Direction}
    for part in parts:
        left, right = images[part.images].astype(np.float64), captions[part.captions].astype(np.float64)
        places, cosines = _nearest(left, right, depth)
        found[Direction.I2T].append((part.images, part.captions[places], cosines))
        places, cosines = _nearest(right, left, depth)
        found[Direction.T2I].append((part.captions, part.images[places], cosines))
    sizes = {Direction.I2T: len(images), Direction.T2I: len(captions)}
    return {direction: _joined(sizes[direction], blocks) for direction, blocks in found.items()}


def _joined(n_queries: int, blocks: list[_Block]) -> Nearest:
    counts = np.zeros(n_queries, dtype=np.int64)
    for queries, candidates, _ in blocks:
        counts[queries] = candidates.shape[1]
    offsets = np.concatenate(([0], np.cumsum(counts)))
    nearest = Nearest(offsets, np.empty(offsets[-1], dtype=np.int64), np.empty(offsets[-1], dtype=np.float32))
    for queries, candidates, cosines in blocks:
        places = offsets[queries][:, None] + np.arange(candidates.shape[1])
        nearest.candidates[places], nearest.cosines[places] = candidates, cosines
    return nearest


def _nearest(queries: NDArray[np.float64], gallery: NDArray[np.float64], depth: int) -> tuple[Indices, Cosines]:
    depth = min(depth, len(gallery))
    found = np.empty((len(queries), depth), dtype=np.int64)
    cosines = np.empty((len(queries), depth), dtype=np.float32)
    step = max(1, BLOCK_BYTES // (8 * _tokens(queries) * _tokens(gallery) * max(1, len(gallery))))
    for start in range(0, len(queries), step):
        block = slice(start, start + step)
        similar = _similarities(queries[block], gallery)
        found[block] = _first(similar, depth)
        cosines[block] = np.take_along_axis(similar, found[block], axis=1)
    return found, cosines


def _similarities(queries: NDArray[np.float64], gallery: NDArray[np.float64]) -> Cosines:
    """Compare every query with the whole gallery, by the nearest of their tokens.

    In float64 and rounded, so that equal embeddings are equally near wherever they stand in a block.
    """
    width = queries.shape[-1]
    product = queries.reshape(-1, width) @ gallery.reshape(-1, width).T
    by_token = product.reshape(len(queries), _tokens(queries), len(gallery), _tokens(gallery))
    # Adding zero makes one zero of the two.
    similar: Cosines = by_token.max(axis=(1, 3)).astype(np.float32) + np.float32(0)
    return similar


def _first(similar: Cosines, depth: int) -> Indices:
    """Return the places of the greatest of each row, in falling order, equal ones by place."""
    n = similar.shape[1]
    bits = similar.view(np.int32).astype(np.int64)
    # The bits of a float, read as an integer, are in its order once those of negative ones are turned round.
    keys = (np.where(bits < 0, bits ^ 0x7FFFFFFF, bits) << 32) + (n - 1 - np.arange(n))
    if depth < n:
        keys = np.partition(keys, n - depth, axis=1)[:, n - depth :]
    keys.sort(axis=1)
    places: Indices = n - 1 - (keys[:, ::-1] & 0xFFFFFFFF)
    return places


def _tokens(vectors: NDArray[np.floating]) -> int:
    return vectors.shape[1] if vectors.ndim == 3 else 1


def _refuse_nonfinite(kind: str, vectors: NDArray[np.floating]) -> None:
    rows = vectors.reshape(len(vectors), -1)
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        raise ModelError(
            f"{len(wrong):,} of {len(rows):,} {kind} embeddings are NaN or infinite, first that of {kind} {wrong[0]}"
            " (counted from 0), so that no candidates can be found. Check the first-stage model, or run it in fp32."
        )
