"""From the rank counts that are stored with every result to what each image contributes: no score file is needed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.by_image import ByImage, by_image
from evaluator.errors import ProtocolError
from evaluator.metric import METRICS, Aggregate
from evaluator.protocol import RECALLS, RSUM, Protocol
from evaluator.ranking import FoldPlan
from evaluator.report import RankCounts
from evaluator.uncertainty import Sample
from splits.caption_draw import draw_captions, with_captions
from splits.split import CaptionPolicy, Direction, Indices, Split


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What the queries of a result were asked on: made once for all its values, as drawing captions takes long."""

    split: Split
    """With the captions that were drawn, where the protocol draws."""
    strata: NDArray[np.uint8] | None
    """The fold of each image, where means are taken within folds."""

    @classmethod
    def of(cls, protocol: Protocol, split: Split, *, seed: int = 0) -> "Asked":
        """Draw again what the seed of the evaluation drew.

        Args:
            protocol: The protocol of the result.
            split: The protocol's split, with all its captions.
            seed: The seed of the evaluation, which drew captions and folds.
        """
        ranked = with_captions(split, draw_captions(split, seed)) if protocol.captions is CaptionPolicy.ONE else split
        plan = FoldPlan.of(protocol.folds, ranked, seed=seed) if protocol.folds else None
        # Random folds are averaged over their draws query by query, as the interval does; no draw is a stratum.
        return cls(ranked, plan.strata if plan else None)

    def owners(self, counts: RankCounts, direction: Direction) -> Indices:
        """Return the image that every query belongs to."""
        return counts.queries if direction is Direction.I2T else self.split.image_of_caption[counts.queries]


def by_image_of(
    counts: Mapping[Direction, RankCounts], asked: Asked, *, metric: str = RSUM, direction: Direction | None = None
) -> ByImage:
    """Tell what every image contributes to one value of a stored result, with expected hits where candidates tie.

    Args:
        counts: What `decode_counts` gives, by direction.
        asked: What the queries were asked on.
        metric: A metric that is averaged over queries and needs rank counts only, or `rsum`.
        direction: One direction, or None for rsum and for the mean of both.

    Raises:
        ProtocolError: The value does not follow from these counts.
    """
    directions = tuple(Direction) if direction is None else (direction,)
    missing = [one for one in directions if one not in counts]
    if missing:
        raise ProtocolError(f"The result answers no {missing[0]}, which {metric} is made of. Compare another metric.")
    names = RECALLS if metric == RSUM else (metric,)
    samples = [_sample(counts[one], name, asked.owners(counts[one], one)) for one in directions for name in names]
    return by_image(
        samples,
        asked.split.n_images,
        folds=asked.strata,
        weight=1.0 if metric == RSUM else 1 / len(directions),
    )


def is_by_image(metric: str) -> bool:
    """Whether a value follows from stored counts image by image: a mean over queries of what the best rank tells."""
    if metric not in METRICS:
        return metric == RSUM
    known = METRICS[metric]
    return known.from_counts is not None and known.aggregate is Aggregate.MEAN


def _sample(counts: RankCounts, name: str, owners: Indices) -> Sample:
    metric = METRICS[name]
    if metric.from_counts is None:
        raise ProtocolError(f"{name} needs the rank of every relevant candidate; stored are those of the best ones.")
    values = np.mean([metric.from_counts(counts.draw(k)).expected[0] for k in range(len(counts.above))], axis=0)
    return Sample(values, owners, metric.aggregate)
