"""How many candidates of each query a cross-encoder scores: the depth, which is part of what a number means."""

from dataclasses import dataclass

from evaluator.errors import ProtocolError

DEFAULT_DEPTH = 128
DEFAULT_DEPTHS = {"coco": 256, "flickr30k": 128}
"""By dataset, as the authors of ALBEF, BLIP and X-VLM evaluate."""

TRUNCATED = "truncated re-ranking"
"""How the badge of a result begins whose recalls the depth cuts off."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many candidates are re-ranked, and what a result must say of it."""

    k: int
    """At most the size of the larger pool; each direction cuts it to its own."""
    badge: str | None = None
    """What marks a result whose recall the depth caps; None where it does not."""


def depth_for(dataset: str, asked: int | None, *, largest_cutoff: int, truncated: bool = False, pool: int) -> Depth:
    """Decide how many candidates of each query are re-ranked.

    Args:
        dataset: The dataset's name, which has the default.
        asked: What the run asks for; None for the default.
        largest_cutoff: The largest K that the protocol reports.
        truncated: Whether a depth below that K was asked for by name.
        pool: The number of candidates, of the direction and the fold that has most.

    Raises:
        ProtocolError: The depth is no depth; or it is below the largest K, and that was not asked for by name.
    """
    stated = DEFAULT_DEPTHS.get(dataset, DEFAULT_DEPTH) if asked is None else asked
    if stated < 1:
        raise ProtocolError(f"{stated} is no depth; expected a number from 1 on.")
    k = min(stated, pool)
    if k >= min(largest_cutoff, pool):
        return Depth(k)
    if not truncated:
        raise ProtocolError(
            f"Re-ranking {k} of {pool:,} candidates caps R@{largest_cutoff}: a query whose match is not among its"
            f" first {k} can only hit by chance. Ask for a depth of at least {largest_cutoff}, or, to repeat an"
            " evaluation that was run so, for truncated re-ranking by name (--truncated-reranking; in a manifest,"
            " truncated_reranking: true); the result then carries a badge."
        )
    return Depth(k, f"{TRUNCATED} k={k}")
