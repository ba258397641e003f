"""Rank counts of embeddings, both directions from one product that is never held whole."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.cosine import Vectors, cosines
from evaluator.cosine_tiles import Part, over_tiles
from evaluator.matrix import placed, rank_counts, thresholds
from evaluator.orientation import places_in_file
from evaluator.report import RankCounts
from evaluator.run import EmbeddingRun
from evaluator.tally import Tally
from splits.split import Direction, Indices, Judgments, Relevance


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The images and the captions of a run, each under the direction in which they ask."""

    vectors: Mapping[Direction, Vectors]
    """In the order of the file."""
    places: Mapping[Direction, Indices]
    """Where every canonical query stands in the file."""

    @classmethod
    def of(cls, run: EmbeddingRun) -> "Sides":
        """Measure the embeddings of a run.

        Raises:
            NonFiniteScoresError: A number is NaN or infinite, or a vector is all zeros.
        """
        images, captions = Vectors.of(run.images), Vectors.of(run.captions)
        orders = places_in_file(run.image_order, len(images)), places_in_file(run.caption_order, len(captions))
        both = (Direction.I2T, Direction.T2I)
        return cls(dict(zip(both, (images, captions), strict=True)), dict(zip(both, orders, strict=True)))

    def relevant(self, relevance: Relevance, direction: Direction) -> NDArray[np.float32]:
        """Return the cosine of every relevant pair, in the order of `relevance.candidates`."""
        other = Direction.T2I if direction is Direction.I2T else Direction.I2T
        queries = self.places[direction][relevance.query_of_candidate]
        candidates = self.places[other][relevance.candidates]
        return cosines(self.vectors[direction], self.vectors[other], queries, candidates)


def count_embeddings(
    run: EmbeddingRun, judgments: Judgments, folds: Mapping[Direction, NDArray[np.uint8]] | None = None
) -> dict[Direction, RankCounts]:
    """Count, in one pass, how many candidates stand above and level with each query's best relevant one.

    The counts are those of the exact cosines (see `evaluator.cosine`), whatever the size of the tiles.

    Args:
        run: The embeddings.
        judgments: What is relevant.
        folds: As `evaluator.matrix.count_matrix` takes them.

    Raises:
        NonFiniteScoresError: A number is NaN or infinite, or a vector is all zeros.
    """
    sides = Sides.of(run)
    limits = {d: thresholds(sides.relevant(judgments.towards(d), d), judgments.towards(d)) for d in Direction}
    best = {d: placed(sides.places[d], limits[d].best) for d in Direction}
    placed_folds = None if folds is None else {d: placed(sides.places[d], folds[d]) for d in Direction}
    tally = Tally(Direction.I2T, best, placed_folds)

    def settle(part: Part) -> bool:
        from evaluator.cosine_kernel import settle_best

        bests = (best[Direction.I2T][part.rows], best[Direction.T2I][part.columns])
        settled: bool = settle_best(part.block, *part.operands, *bests, part.margin, part.most)
        return settled

    def count(part: Part) -> None:
        tally.add(part.block, part.rows, part.columns)

    over_tiles(sides.vectors[Direction.I2T], sides.vectors[Direction.T2I], settle, count)
    return {
        d: rank_counts(judgments.towards(d), limits[d], sides.places[d], tally.above[d], tally.equal[d])
        for d in Direction
    }
