"""One caption of each image at random, where the protocol uses all."""

from collections.abc import Iterator

import numpy as np

from evaluator.audit.alternative import Alternative, Form, Span, Values
from evaluator.audit.case import Case
from evaluator.audit.noise import half_width
from splits.caption_draw import draw_captions, with_captions

DRAWS = 8


def _forms(case: Case) -> Iterator[Form]:
    if case.split.n_captions > case.split.n_images:
        drawn = [_drawn(case, seed) for seed in range(DRAWS)]
        yield Form({key: _span([values[key].value for values in drawn]) for key in drawn[0]})


def _drawn(case: Case, seed: int) -> Values:
    captions = draw_captions(case.split, seed)
    return case.of_part(with_captions(case.split, captions), np.arange(case.split.n_images), captions)


def _span(values: list[float]) -> Span:
    """Say where one more draw may lie: a source's draw is none of ours."""
    return Span.around(float(np.mean(values)), float(half_width(float(np.std(values, ddof=1)), n=DRAWS)))


RANDOM_CAPTION = Alternative("random-caption", "one random caption of each image alone", _forms)
