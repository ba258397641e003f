"""From a run of any kind, with or without folds, to the rank counts that all metrics are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluator.cosine_counts import count_embeddings
from evaluator.errors import ProtocolError
from evaluator.lists import count_lists, count_lists_in_folds, restrict_lists
from evaluator.matrix import check_finite, count_matrix
from evaluator.orientation import places_in_file
from evaluator.protocol import Folds
from evaluator.report import RankCounts
from evaluator.run import EmbeddingRun, ListRun, MatrixRun, RankEvidence, Run, Scores
from splits.split import Direction, Indices, Judgments, Split

ScoredRun: TypeAlias = MatrixRun | EmbeddingRun | ListRun
"""A run that tells the order of any candidates among themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldPlan:
    """Which fold every image and caption is in, for every draw."""

    folds: Folds
    of_image: NDArray[np.uint8]
    """Shape (n_images, draws)."""
    of_caption: NDArray[np.uint8]
    """Shape (n_captions, draws): the fold of its first image in canonical order."""

    @classmethod
    def of(cls, folds: Folds, split: Split, *, seed: int) -> "FoldPlan":
        """Assign every image and caption of a split."""
        of_image = folds.assign(split.n_images, seed)
        return cls(folds, of_image, of_image[split.image_of_caption])

    @property
    def strata(self) -> NDArray[np.uint8] | None:
        """The fold of every image, where images never change their fold; None for folds that are drawn many times."""
        return self.of_image[:, 0] if self.folds.draws is None else None

    def of_queries(self, direction: Direction) -> NDArray[np.uint8]:
        """Return the folds of the queries of a direction."""
        return self.of_image if direction is Direction.I2T else self.of_caption


def directions_of(run: Run) -> tuple[Direction, ...]:
    """Return the directions a run answers."""
    if isinstance(run, ListRun):
        return tuple(d for d in Direction if d in run.lists)
    if isinstance(run, RankEvidence):
        return tuple(d for d in Direction if d in run.ranks)
    return tuple(Direction)


def count_ranks(run: Run, judgments: Judgments, plan: FoldPlan | None = None) -> dict[Direction, RankCounts]:
    """Count, for every query, the candidates above and level with its best relevant one.

    Args:
        run: Scores in any form.
        judgments: What is relevant.
        plan: Count only candidates of the query's own fold.

    Raises:
        NonFiniteScoresError: A score is NaN or infinite, or embeddings have no cosine.
        ProtocolError: Ranks without scores cannot be cut into folds.
    """
    if isinstance(run, RankEvidence):
        if plan is not None:
            raise ProtocolError(
                "Per-query ranks over the whole split do not tell the ranks within folds."
                " Hand in the scores, or choose the protocol without folds."
            )
        return {d: _from_evidence(ranks, judgments, d) for d, ranks in run.ranks.items()}
    if plan is None:
        return _count(run, judgments)
    _refuse_scattered(judgments, plan)
    if plan.folds.draws is None:
        return _count_consecutive(run, judgments, plan)
    return _count(run, judgments, {d: plan.of_queries(d) for d in Direction})


def _count(
    run: ScoredRun, judgments: Judgments, folds: Mapping[Direction, NDArray[np.uint8]] | None = None
) -> dict[Direction, RankCounts]:
    if isinstance(run, MatrixRun):
        return count_matrix(run, judgments, folds)
    if isinstance(run, EmbeddingRun):
        return count_embeddings(run, judgments, folds)
    return count_lists(run, judgments) if folds is None else count_lists_in_folds(run, judgments, folds)


def restrict(run: Run, images: Indices, captions: Indices) -> ScoredRun:
    """Keep some images and captions, renumbered in the order given; a block is viewed, not copied.

    Raises:
        ProtocolError: The run holds ranks without scores.
    """
    if isinstance(run, MatrixRun):
        return _restrict_matrix(run, images, captions)
    if isinstance(run, EmbeddingRun):
        rows = places_in_file(run.image_order, len(run.images))[images]
        columns = places_in_file(run.caption_order, len(run.captions))[captions]
        return EmbeddingRun(_chosen(run.images, rows), _chosen(run.captions, columns))
    if isinstance(run, RankEvidence):
        raise ProtocolError(
            "Per-query ranks over the whole split do not tell the ranks among some of its candidates."
            " Hand in the scores: a similarity matrix, embeddings or ranked lists."
        )
    sides = {Direction.I2T: (images, captions), Direction.T2I: (captions, images)}
    return ListRun({d: restrict_lists(lists, *sides[d]) for d, lists in run.lists.items()})


def _restrict_matrix(run: MatrixRun, images: Indices, captions: Indices) -> MatrixRun:
    shape = run.scores.shape[::-1] if run.captions_first else run.scores.shape
    rows = places_in_file(run.image_order, shape[0])[images]
    columns = places_in_file(run.caption_order, shape[1])[captions]
    if run.captions_first:
        rows, columns = columns, rows
    scores = _chosen(run.scores, rows)
    scores = scores[:, columns[0] : columns[-1] + 1] if _is_block(columns) else scores[:, columns]
    return MatrixRun(scores, captions_first=run.captions_first)


def _chosen(rows: Scores, places: Indices) -> Scores:
    return rows[places[0] : places[-1] + 1] if _is_block(places) else rows[places]


def _is_block(places: Indices) -> bool:
    return len(places) > 0 and bool(np.all(np.diff(places) == 1))


def _count_consecutive(run: ScoredRun, judgments: Judgments, plan: FoldPlan) -> dict[Direction, RankCounts]:
    if isinstance(run, MatrixRun):
        check_finite(run)
    found: dict[Direction, list[RankCounts]] = {}
    for fold in range(plan.folds.count):
        images = np.flatnonzero(plan.of_image[:, 0] == fold)
        captions = np.flatnonzero(plan.of_caption[:, 0] == fold)
        within = Judgments(judgments.name, judgments.i2t.among(images, captions), judgments.t2i.among(captions, images))
        for direction, counts in count_ranks(restrict(run, images, captions), within).items():
            queries = (images if direction is Direction.I2T else captions)[counts.queries]
            part = RankCounts(queries, counts.above, counts.tied, counts.tied_relevant)
            found.setdefault(direction, []).append(part)
    return {direction: _joined(parts) for direction, parts in found.items()}


def _joined(parts: list[RankCounts]) -> RankCounts:
    queries = np.concatenate([part.queries for part in parts])
    order = np.argsort(queries)
    above, tied, tied_relevant = (
        np.concatenate([getattr(part, name) for part in parts], axis=1)[:, order]
        for name in ("above", "tied", "tied_relevant")
    )
    return RankCounts(queries[order], above, tied, tied_relevant)


def _from_evidence(ranks: Indices, judgments: Judgments, direction: Direction) -> RankCounts:
    asked = judgments.towards(direction).asked
    above = ranks[asked].astype(np.int32)[None]
    return RankCounts(asked, above, np.zeros_like(above), np.ones_like(above))


def _refuse_scattered(judgments: Judgments, plan: FoldPlan) -> None:
    """Refuse judgments across folds: cutting the folds would drop them without a word."""
    relevance = judgments.t2i
    scattered = np.any(plan.of_image[relevance.candidates] != plan.of_caption[relevance.query_of_candidate], axis=1)
    if scattered.any():
        raise ProtocolError(
            f"Folds need captions whose relevant images are all in one fold; of the {judgments.name!r} judgments"
            f" {int(scattered.sum()):,} of {len(scattered):,} lie across folds. Use a protocol without folds."
        )
