"""The first caption of each image, where the protocol uses all or draws one."""

from collections.abc import Iterator

import numpy as np

from evaluator.audit.alternative import Alternative, Form
from evaluator.audit.case import Case
from splits.caption_draw import with_captions


def _forms(case: Case) -> Iterator[Form]:
    split = case.split
    # Pairs ascend by caption: the first of an image is the first caption that fits it.
    _, first = np.unique(split.pairs[:, 1], return_index=True)
    captions = np.unique(split.pairs[first, 0])
    if len(captions) < split.n_captions:
        yield Form(case.of_part(with_captions(split, captions), np.arange(split.n_images), captions))


FIRST_CAPTION = Alternative("first-caption", "the first caption of each image alone", _forms)
