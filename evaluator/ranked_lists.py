"""Ranked lists from ids: what the formats that keep lists share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ScoreFileError
from evaluator.run import RankedLists
from splits.split import Direction, Indices, Split


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Who asks and who is ranked in one direction of a split, by id."""

    direction: Direction
    split: Split
    query: str
    candidate: str
    query_ids: Sequence[str]
    candidate_ids: Sequence[str]
    queries: Mapping[str, int]
    candidates: Mapping[str, int]

    def trap(self, ids: Sequence[str]) -> str:
        """Return what is known of lists that hold such an id, as a sentence to append."""
        from splits.traps import explain_ids

        as_images = self.query == "image"
        explanation = explain_ids(self.split, ids if as_images else None, None if as_images else ids)
        return f" {explanation}" if explanation else ""


def sides_of(split: Split, direction: Direction) -> Sides:
    """Name the two sides of a direction."""
    images = {identifier: index for index, identifier in enumerate(split.image_ids)}
    captions = {identifier: index for index, identifier in enumerate(split.caption_ids)}
    if direction is Direction.I2T:
        return Sides(direction, split, "image", "caption", split.image_ids, split.caption_ids, images, captions)
    return Sides(direction, split, "caption", "image", split.caption_ids, split.image_ids, captions, images)


def check_complete(sides: Sides, present: Indices) -> None:
    """Refuse lists that leave out a query.

    Raises:
        ScoreFileError: There is one.
    """
    asked = sides.split.judgments().towards(sides.direction).asked
    missing = np.setdiff1d(asked, present)
    if len(missing):
        raise ScoreFileError(
            f"{sides.direction} leaves out {len(missing):,} of {len(asked):,} queries, first {sides.query}"
            f" {sides.query_ids[missing[0]]!r}. List candidates for every {sides.query}: a missing query is never taken"
            " as a miss."
        )


def build_lists(sides: Sides, queries: Indices, candidates: Indices, scores: NDArray[np.float64]) -> RankedLists:
    """Order (query, candidate, score) triples by query, then by falling score; equal scores stay ties."""
    order = np.lexsort((-scores, queries))
    counts = np.bincount(queries, minlength=len(sides.query_ids))
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return RankedLists(offsets, candidates[order], scores[order], len(sides.candidate_ids))
