"""Which pairs a cross-encoder must score, picture by picture, and where each score belongs."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evaluator.reranking.candidates import Nearest
from evaluator.run import ListRun, RankedLists
from splits.split import Direction, Indices

PairScores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The union of the pairs of both directions, grouped by picture and numbered so.

    Captions of the same wording are scored once per picture, as the first of them: they tie, as they must.
    """

    nearest: dict[Direction, Nearest]
    first_alike: Indices
    """For every caption the first one of the same wording."""
    starts: Indices = field(init=False)
    """The pairs of a picture are those from `starts[image]` to before `starts[image + 1]`."""
    _asking: Indices = field(init=False)
    """The captions that list a picture, picture by picture."""
    _places: Indices = field(init=False)
    """Where they list it, among all candidates of captions."""
    _asking_starts: Indices = field(init=False)

    def __post_init__(self) -> None:
        """Group the candidates of captions by picture, and number the pairs."""
        asking = self.nearest[Direction.T2I]
        places = np.argsort(asking.candidates, kind="stable")
        counts = np.bincount(asking.candidates, minlength=self.n_images)
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "_asking", asking.owners[places])
        object.__setattr__(self, "_asking_starts", np.concatenate(([0], np.cumsum(counts))))
        sizes = [len(self.of(image)) for image in range(self.n_images)]
        object.__setattr__(self, "starts", np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))))

    def __len__(self) -> int:
        """How many pairs there are."""
        return int(self.starts[-1])

    @property
    def n_images(self) -> int:
        """How many pictures there are, with pairs or without."""
        return len(self.nearest[Direction.I2T].offsets) - 1

    @property
    def digest(self) -> str:
        """The SHA-256 of which pairs there are, in hexadecimal digits."""
        digest = hashlib.sha256()
        for direction in Direction:
            for numbers in (self.nearest[direction].offsets, self.nearest[direction].candidates):
                digest.update(numbers.astype("<i8").tobytes())
        return digest.hexdigest()

    def of(self, image: int) -> Indices:
        """Return the captions to score a picture with, ascending."""
        return np.unique(np.concatenate((self._listed(image), self._askers(image))))

    def slots(self, image: int) -> slice:
        """Return the numbers of the pairs of a picture."""
        return slice(int(self.starts[image]), int(self.starts[image + 1]))

    def ranked(self, scores: PairScores, *, with_cosines: bool) -> ListRun:
        """Order the candidates of every query by the scores of all pairs; the best comes first."""
        i2t, t2i = (np.empty(len(self.nearest[d].candidates), dtype=np.float64) for d in Direction)
        for image in range(self.n_images):
            captions, found = self.of(image), scores[self.slots(image)]
            row = self.nearest[Direction.I2T].offsets[image : image + 2]
            i2t[row[0] : row[1]] = found[np.searchsorted(captions, self._listed(image))]
            t2i[self._places[self._asking_slots(image)]] = found[np.searchsorted(captions, self._askers(image))]
        return ListRun(
            {
                Direction.I2T: self._lists(Direction.I2T, i2t, len(self.first_alike), with_cosines=with_cosines),
                Direction.T2I: self._lists(Direction.T2I, t2i, self.n_images, with_cosines=with_cosines),
            }
        )

    def _lists(
        self, direction: Direction, scores: NDArray[np.float64], n_candidates: int, *, with_cosines: bool
    ) -> RankedLists:
        nearest = self.nearest[direction]
        if with_cosines:
            scores = scores + nearest.cosines
        order = np.lexsort((-scores, nearest.owners))
        return RankedLists(nearest.offsets, nearest.candidates[order], scores[order], n_candidates)

    def _asking_slots(self, image: int) -> slice:
        return slice(int(self._asking_starts[image]), int(self._asking_starts[image + 1]))

    def _listed(self, image: int) -> Indices:
        nearest = self.nearest[Direction.I2T]
        captions: Indices = self.first_alike[nearest.candidates[nearest.offsets[image] : nearest.offsets[image + 1]]]
        return captions

    def _askers(self, image: int) -> Indices:
        captions: Indices = self.first_alike[self._asking[self._asking_slots(image)]]
        return captions
