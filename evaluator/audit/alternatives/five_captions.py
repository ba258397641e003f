"""The first five captions of each image, where some images have more: 25,000 of COCO's 25,010."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evaluator.audit.alternative import Alternative, Form, Values
from evaluator.audit.case import Case, values_of_counts
from evaluator.protocol import Folds
from evaluator.ranking import FoldPlan, count_ranks
from evaluator.run import Run
from splits.caption_draw import first_captions
from splits.split import ORIGINAL, CaptionPolicy, Judgments, Relevance

KEPT = 5


def _forms(case: Case) -> Iterator[Form]:
    dropped = np.ones(case.split.n_captions, dtype=bool)
    dropped[first_captions(case.split, KEPT)] = False
    plain = (case.protocol.judgments, case.protocol.captions, case.protocol.folds) == (
        ORIGINAL,
        CaptionPolicy.ALL,
        None,
    )
    if plain and dropped.any():
        yield Form(case.over_runs(lambda run, _: _values(case, run, dropped)))


def _values(case: Case, run: Run, dropped: NDArray[np.bool_]) -> Values:
    """Count as if the captions left out were another fold: taking them out would copy nearly all scores."""
    split = case.split
    kept = split.pairs[~dropped[split.pairs[:, 0]]]
    judgments = Judgments(
        ORIGINAL,
        i2t=Relevance.from_pairs(kept[:, 1], kept[:, 0], split.n_images, split.n_captions),
        t2i=Relevance.from_pairs(kept[:, 0], kept[:, 1], split.n_captions, split.n_images),
    )
    plan = FoldPlan(Folds(2, draws=1), np.zeros((split.n_images, 1), np.uint8), dropped.astype(np.uint8)[:, None])
    return values_of_counts(count_ranks(run, judgments, plan), case.protocol.metrics)


FIVE_CAPTIONS = Alternative("five-captions", "the first five captions of each image alone", _forms)
