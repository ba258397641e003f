"""From the rank counts that are stored with every result to what each image contributes: no score file is needed."""

from collections.abc import Mapping

import numpy as np

from evaluator.by_image import ByImage, by_image
from evaluator.errors import ProtocolError
from evaluator.metric import METRICS
from evaluator.protocol import RECALLS, RSUM, Protocol
from evaluator.ranking import FoldPlan
from evaluator.report import RankCounts
from evaluator.uncertainty import Sample
from splits.caption_draw import draw_captions, with_captions
from splits.split import CaptionPolicy, Direction, Split


def by_image_of(
    counts: Mapping[Direction, RankCounts],
    protocol: Protocol,
    split: Split,
    *,
    metric: str = RSUM,
    direction: Direction | None = None,
    seed: int = 0,
) -> ByImage:
    """Tell what every image contributes to one value of a stored result, with expected hits where candidates tie.

    Args:
        counts: What `decode_counts` gives, by direction.
        protocol: The protocol of the result.
        split: The protocol's split, with all its captions.
        metric: A metric that is averaged over queries and needs rank counts only, or `rsum`.
        direction: One direction, or None for rsum and for the mean of both.
        seed: The seed of the evaluation, which drew captions and folds.

    Raises:
        ProtocolError: The value does not follow from these counts.
    """
    ranked = with_captions(split, draw_captions(split, seed)) if protocol.captions is CaptionPolicy.ONE else split
    plan = FoldPlan.of(protocol.folds, ranked, seed=seed) if protocol.folds else None
    directions = tuple(Direction) if direction is None else (direction,)
    missing = [one for one in directions if one not in counts]
    if missing:
        raise ProtocolError(f"The result answers no {missing[0]}, which {metric} is made of. Compare another metric.")
    names = RECALLS if metric == RSUM else (metric,)
    samples = [_sample(counts[one], name, one, ranked) for one in directions for name in names]
    # Random folds are averaged over their draws query by query, as the interval does; no draw is a stratum.
    return by_image(
        samples,
        ranked.n_images,
        folds=plan.strata if plan else None,
        weight=1.0 if metric == RSUM else 1 / len(directions),
    )


def _sample(counts: RankCounts, name: str, direction: Direction, split: Split) -> Sample:
    metric = METRICS[name]
    if metric.from_counts is None:
        raise ProtocolError(f"{name} needs the rank of every relevant candidate; stored are those of the best ones.")
    values = np.mean([metric.from_counts(counts.draw(k)).expected[0] for k in range(len(counts.above))], axis=0)
    owners = counts.queries if direction is Direction.I2T else split.image_of_caption[counts.queries]
    return Sample(values, owners, metric.aggregate)
