"""A matrix as it lies in memory, and where the canonical images and captions are in it."""

from dataclasses import dataclass

import numpy as np

from evaluator.passes import native
from evaluator.run import MatrixRun, Scores
from splits.split import Direction, Indices, Relevance


@dataclass(frozen=True, slots=True, eq=False)
class Oriented:
    """A matrix whose rows lie one after another in memory, and where each canonical image and caption is in it."""

    scores: Scores
    images_on_rows: bool
    place_of_image: Indices
    place_of_caption: Indices

    def places(self, direction: Direction) -> tuple[Indices, Indices]:
        """Return the places of a direction's queries and of its candidates."""
        pair = (self.place_of_image, self.place_of_caption)
        return pair if direction is Direction.I2T else pair[::-1]

    @property
    def axes(self) -> tuple[Direction, Direction]:
        """The direction whose queries are the rows, and the one whose queries are the columns."""
        return (Direction.I2T, Direction.T2I) if self.images_on_rows else (Direction.T2I, Direction.I2T)

    def queries_on_rows(self, direction: Direction) -> bool:
        """Whether the queries of a direction are the rows."""
        return direction is self.axes[0]


def orient(run: MatrixRun) -> Oriented:
    """View a matrix with the axis that is contiguous in memory as its columns."""
    scores, images_on_rows = run.scores, not run.captions_first
    if scores.flags.f_contiguous and not scores.flags.c_contiguous:
        scores, images_on_rows = scores.T, not images_on_rows
    n_images, n_captions = scores.shape if images_on_rows else scores.shape[::-1]
    return Oriented(
        scores,
        images_on_rows,
        places_in_file(run.image_order, n_images),
        places_in_file(run.caption_order, n_captions),
    )


def places_in_file(order: Indices | None, n: int) -> Indices:
    """Invert an order: for every canonical index, its place along the axis of the file."""
    places = np.arange(n)
    if order is not None:
        places[order] = np.arange(n)
    return places


def relevant_scores(table: Oriented, relevance: Relevance, direction: Direction) -> Scores:
    """Return the score of every relevant pair, in the order of `relevance.candidates`."""
    query_places, candidate_places = table.places(direction)
    queries = query_places[relevance.query_of_candidate]
    candidates = candidate_places[relevance.candidates]
    rows, columns = (queries, candidates) if table.queries_on_rows(direction) else (candidates, queries)
    found: Scores = native(table.scores[rows, columns][None])[0]
    return found
