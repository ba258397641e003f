"""What a classical system sees of a caption: weighted counts of its words and pairs of neighbouring words."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]

WORD = re.compile(r"[a-z]+")


def terms_of(caption: str, *, pairs: bool = True) -> list[str]:
    """Cut a caption into words and, after them, pairs of neighbours.

    >>> terms_of("A red box")
    ['a', 'red', 'box', 'a red', 'red box']
    """
    words = WORD.findall(caption.lower())
    return words + [f"{a} {b}" for a, b in pairwise(words)] if pairs else words


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The terms that count, each with a weight that is higher the rarer it is."""

    places: dict[str, int]
    weights: Features
    pairs: bool

    def features(self, captions: Sequence[str]) -> Features:
        """Return one row of weighted term counts per caption, of length 1."""
        rows = np.zeros((len(captions), len(self.places)), dtype=np.float32)
        for row, caption in zip(rows, captions, strict=True):
            for term in terms_of(caption, pairs=self.pairs):
                place = self.places.get(term)
                if place is not None:
                    row[place] += self.weights[place]
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows /= np.maximum(lengths, np.float32(1e-12))
        return rows


def vocabulary_of(captions: Sequence[str], *, n_terms: int, pairs: bool = True) -> Vocabulary:
    """Keep the terms that most captions have.

    Args:
        captions: Where to look for terms.
        n_terms: How many to keep; ties in alphabetical order.
        pairs: Whether pairs of neighbours count beside words.
    """
    having = Counter(term for caption in captions for term in set(terms_of(caption, pairs=pairs)))
    kept = sorted(having, key=lambda term: (-having[term], term))[:n_terms]
    weights = np.array([1 + np.log(len(captions) / having[term]) for term in kept], dtype=np.float32)
    return Vocabulary({term: place for place, term in enumerate(kept)}, weights, pairs)
