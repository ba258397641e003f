"""Lines of a run file as places among the images and captions of a split, before their direction is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ScoreFileError
from evaluator.ranked_lists import Sides
from splits.split import Indices

Places32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The two sides of a direction with their ids as a file holds them."""

    sides: Sides
    queries: Mapping[bytes, int]
    candidates: Mapping[bytes, int]

    @classmethod
    def of(cls, sides: Sides) -> "Places":
        """Encode the ids of a direction."""
        queries = {identifier.encode(): place for identifier, place in sides.queries.items()}
        return cls(sides, queries, {identifier.encode(): place for identifier, place in sides.candidates.items()})


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Some lines: their numbers, scores, and their ids as places among images and captions, -1 for none."""

    numbers: Indices
    scores: NDArray[np.float64]
    query: Sequence[Places32]
    candidate: Sequence[Places32]
    """`query[0]`, `candidate[0]` as in i2t; `query[1]`, `candidate[1]` as in t2i."""

    def fits(self, way: int) -> NDArray[np.bool_]:
        """Say which lines can be of one direction."""
        return (self.query[way] >= 0) & (self.candidate[way] >= 0)


def joined(parts: Sequence[Lines]) -> Lines:
    """Put the lines of several parts of a file behind one another."""
    return Lines(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.scores for part in parts]),
        [np.concatenate([part.query[way] for part in parts]) for way in (0, 1)],
        [np.concatenate([part.candidate[way] for part in parts]) for way in (0, 1)],
    )


def refuse_repeats(lines: Lines, both: Sequence[Places], where: str) -> None:
    """Refuse a file that lists a candidate twice for one query.

    Args:
        lines: What was read.
        both: The sides of both directions.
        where: How much of the file was read, for the message.

    Raises:
        ScoreFileError: There is such a candidate.
    """
    first_way = lines.fits(0)
    keys = np.empty(len(lines.numbers), np.int64)
    # The same two ids have the same places, whichever direction the line turns out to be of.
    for way, chosen in enumerate((first_way, ~first_way)):
        width = len(both[way].candidates)
        keys[chosen] = lines.query[way][chosen].astype(np.int64) * width + lines.candidate[way][chosen]
    keys[~first_way] = -1 - keys[~first_way]
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(np.diff(keys[order]) == 0)
    if not len(again):
        return
    first = int(again[np.argmin(lines.numbers[order[again + 1]])])
    one, two = order[first], order[first + 1]
    way = 0 if first_way[two] else 1
    sides = both[way].sides
    query, candidate = sides.query_ids[lines.query[way][two]], sides.candidate_ids[lines.candidate[way][two]]
    raise ScoreFileError(
        f"Line {lines.numbers[two]:,} repeats line {lines.numbers[one]:,}: query {query!r} already has"
        f" {sides.candidate} {candidate!r} ({len(again):,} repeated {where})."
        f" List every {sides.candidate} once per query."
    )
