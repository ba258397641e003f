"""Captions of the same wording, which are encoded once, and captions that a model cannot read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from evaluator.model import ModelError, UnreadableCaptionError
from splits.shown import quoted
from splits.split import Indices


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """The different texts among some captions, each at its first occurrence, in canonical order."""

    texts: Sequence[str]
    firsts: Indices
    """Where each stands for the first time."""
    places: Indices
    """Of every caption, the place of its text among the different ones."""


def distinct(captions: Sequence[str]) -> Distinct:
    """Find the different texts.

    >>> found = distinct(["a dog", "two dogs", "a dog"])
    >>> list(found.texts), found.firsts.tolist(), found.places.tolist()
    (['a dog', 'two dogs'], [0, 1], [0, 1, 0])
    """
    place: dict[str, int] = {}
    places = np.array([place.setdefault(caption, len(place)) for caption in captions], dtype=np.int64)
    _, firsts = np.unique(places, return_index=True)
    return Distinct(list(place), firsts, places)


@contextmanager
def naming_captions(captions: Sequence[str], ids: Sequence[str]) -> Iterator[None]:
    """Say of a caption that a model cannot read which one it is.

    Args:
        captions: All of a split, as the model is given them.
        ids: Theirs, in the same order.

    Raises:
        ModelError: A caption cannot be read.
    """
    try:
        yield
    except UnreadableCaptionError as error:
        if error.caption not in captions:
            raise
        position = captions.index(error.caption)
        raise ModelError(f"Caption {quoted(ids[position])} at position {position:,}: {error}") from error
