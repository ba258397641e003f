"""Which pairs a cross-encoder must score, picture by picture, and where each score belongs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evaluator.reranking.candidates import Nearest
from evaluator.run import ListRun, RankedLists
from splits.split import Direction, Indices


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The union of the pairs of both directions, grouped by picture.

    Captions of the same wording are scored once per picture, as the first of them: they tie, as they must.
    """

    nearest: dict[Direction, Nearest]
    first_alike: Indices
    """For every caption the first one of the same wording."""
    scores: dict[Direction, NDArray[np.float32]] = field(init=False)
    """What was scored so far, shaped as the candidates."""
    _askers: Indices = field(init=False)
    """Places among the candidates of all captions, flattened, ordered by the picture that stands there."""
    _starts: Indices = field(init=False)

    def __post_init__(self) -> None:
        """Group the candidates of captions by picture."""
        candidates = self.nearest[Direction.T2I].candidates.ravel()
        n_images = len(self.nearest[Direction.I2T].queries)
        counts = np.bincount(candidates, minlength=n_images)
        object.__setattr__(self, "_askers", np.argsort(candidates, kind="stable"))
        object.__setattr__(self, "_starts", np.concatenate(([0], np.cumsum(counts))))
        empty = {d: np.full(one.candidates.shape, np.nan, np.float32) for d, one in self.nearest.items()}
        object.__setattr__(self, "scores", empty)

    def of(self, image: int) -> Indices:
        """Return the captions to score a picture with, ascending."""
        return np.unique(np.concatenate((self._listed(image), self._asking(image))))

    def put(self, image: int, captions: Indices, scores: NDArray[np.float32]) -> None:
        """Take the scores of a picture with the captions of `of`."""
        self.scores[Direction.I2T][image] = scores[np.searchsorted(captions, self._listed(image))]
        asked_by = scores[np.searchsorted(captions, self._asking(image))]
        self.scores[Direction.T2I].ravel()[self._places(image)] = asked_by

    def ranked(self, n_captions: int, *, with_cosines: bool) -> ListRun:
        """Order the candidates of every query by score, in the numbering of all captions."""
        sizes = {Direction.I2T: (len(self.nearest[Direction.I2T].queries), n_captions)}
        sizes[Direction.T2I] = sizes[Direction.I2T][::-1]
        return ListRun({d: self._lists(d, *sizes[d], with_cosines=with_cosines) for d in Direction})

    def _lists(self, direction: Direction, n_queries: int, n_candidates: int, *, with_cosines: bool) -> RankedLists:
        nearest = self.nearest[direction]
        scores = self.scores[direction].astype(np.float64)
        if with_cosines:
            scores += nearest.cosines
        order = np.argsort(-scores, axis=1, kind="stable")
        counts = np.zeros(n_queries, dtype=np.int64)
        counts[nearest.queries] = nearest.depth
        return RankedLists(
            np.concatenate(([0], np.cumsum(counts))),
            np.take_along_axis(nearest.candidates, order, axis=1).ravel(),
            np.take_along_axis(scores, order, axis=1).ravel(),
            n_candidates,
        )

    def _places(self, image: int) -> Indices:
        places: Indices = self._askers[self._starts[image] : self._starts[image + 1]]
        return places

    def _listed(self, image: int) -> Indices:
        captions: Indices = self.first_alike[self.nearest[Direction.I2T].candidates[image]]
        return captions

    def _asking(self, image: int) -> Indices:
        nearest = self.nearest[Direction.T2I]
        captions: Indices = self.first_alike[nearest.queries[self._places(image) // nearest.depth]]
        return captions


def first_alike(captions: Sequence[str]) -> Indices:
    """Return for every caption the index of the first one of the same wording."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(caption, index) for index, caption in enumerate(captions)], dtype=np.int64)
