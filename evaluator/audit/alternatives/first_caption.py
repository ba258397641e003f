"""The first caption of each image, where the protocol uses all or draws one."""

from collections.abc import Iterator

import numpy as np

from evaluator.audit.alternative import Alternative, Form
from evaluator.audit.case import Case
from splits.caption_draw import first_captions, with_captions


def _forms(case: Case) -> Iterator[Form]:
    split = case.split
    captions = first_captions(split, 1)
    if len(captions) < split.n_captions:
        yield Form(case.of_part(with_captions(split, captions), np.arange(split.n_images), captions))


FIRST_CAPTION = Alternative("first-caption", "the first caption of each image alone", _forms)
