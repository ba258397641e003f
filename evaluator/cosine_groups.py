"""Tie groups of embeddings: the cosines of the asked queries with all candidates, a tile at a time."""

from evaluator.cosine_counts import Sides
from evaluator.cosine_tiles import Part, over_tiles
from evaluator.groups import Levels, RelevantGroups, groups_at
from evaluator.run import EmbeddingRun
from splits.split import Direction, Relevance


def groups_of_embeddings(run: EmbeddingRun, relevance: Relevance, direction: Direction) -> RelevantGroups:
    """Find the tie groups of every relevant candidate in one direction, as `evaluator.groups.relevant_groups`.

    Raises:
        NonFiniteScoresError: A number is NaN or infinite, or a vector is all zeros.
    """
    sides = Sides.of(run)
    levels = Levels.of(relevance, sides.relevant(relevance, direction))
    above, equal = levels.counters()

    def settle(part: Part) -> bool:
        from evaluator.cosine_kernel import settle_levels

        offsets = levels.offsets[part.rows.start : part.rows.stop + 1]
        settled: bool = settle_levels(part.block, *part.operands, offsets, levels.scores, part.margin, part.most)
        return settled

    def count(part: Part) -> None:
        from evaluator.kernel import count_groups

        offsets = levels.offsets[part.rows.start : part.rows.stop + 1]
        count_groups(part.block, offsets, levels.scores, above, equal)

    candidates = sides.vectors[Direction.T2I if direction is Direction.I2T else Direction.I2T]
    over_tiles(sides.vectors[direction].take(sides.places[direction][relevance.asked]), candidates, settle, count)
    return groups_at(levels, relevance, above, equal)
