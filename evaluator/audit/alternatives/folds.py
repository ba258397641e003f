"""Galleries of 1,000 images where the protocol ranks all, and all where it has folds."""

from collections.abc import Iterator

import numpy as np

from evaluator.audit.alternative import Alternative, Form, Span, Values
from evaluator.audit.case import Case
from evaluator.audit.noise import half_width
from evaluator.protocol import Folds
from evaluator.report import Report
from evaluator.run import Run
from splits.split import Split

SIZE = 1000
DRAWS = 20


def _folds(case: Case) -> int | None:
    """Return how many folds of 1,000 images there are; None where there is one, or a remainder."""
    count, rest = divmod(case.split.n_images, SIZE)
    return count if count > 1 and not rest else None


def _whole(case: Case) -> Iterator[Form]:
    if case.protocol.folds:
        yield Form(case.under(folds=None))


def _in_order(case: Case) -> Iterator[Form]:
    if count := _folds(case):
        yield Form(case.under(folds=Folds(count)))


def _at_random(case: Case) -> Iterator[Form]:
    if count := _folds(case):
        folds = Folds(count, draws=DRAWS)
        yield Form(case.over_runs(lambda run, _: _spread(case, run, folds)))


def _spread(case: Case, run: Run, folds: Folds) -> Values:
    report: Report = case.report(run, case.split, folds=folds)
    return {
        (m.metric, m.direction): Span.around(m.expected, float(half_width(m.spread or 0.0, n=DRAWS)))
        for m in report.measurements
    }


def _first(case: Case) -> Iterator[Form]:
    if _folds(case):
        captions = np.flatnonzero(case.split.image_of_caption < SIZE)
        part = _first_images(case.split)
        yield Form(case.of_part(part, np.arange(SIZE), captions, folds=None))


def _first_images(split: Split) -> Split:
    captions = np.flatnonzero(split.image_of_caption < SIZE)
    number = np.full(split.n_captions, -1, dtype=np.int64)
    number[captions] = np.arange(len(captions))
    pairs = split.pairs[(number[split.pairs[:, 0]] >= 0) & (split.pairs[:, 1] < SIZE)]
    pairs = np.column_stack((number[pairs[:, 0]], pairs[:, 1]))
    caption_ids = tuple(split.caption_ids[caption] for caption in captions.tolist())
    return Split(split.name, split.dataset, split.image_ids[:SIZE], caption_ids, pairs)


WHOLE_SPLIT = Alternative("whole-split", "one gallery of all images instead of folds", _whole)
FOLDS_IN_ORDER = Alternative("folds-in-order", "folds of 1,000 images in order, averaged", _in_order)
RANDOM_FOLDS = Alternative("random-folds", "random folds of 1,000 images, averaged", _at_random)
FIRST_FOLD = Alternative("first-fold", "the first 1,000 images alone", _first)
