"""A report as the rows of the database that keep it."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import SQLModel

from submissions.tables import ImageEffects, QueryRanks, Result

if TYPE_CHECKING:
    from evaluator.report import Report


def rows_of(evaluation_id: UUID, report: "Report") -> list[SQLModel]:
    """Return all rows that keep a report."""
    parts = (results_of, query_ranks_of, image_effects_of)
    return [row for part in parts for row in part(evaluation_id, report)]


def results_of(evaluation_id: UUID, report: "Report") -> list[Result]:
    """Return the measurements of a report as rows."""
    found = []
    for measured in report.measurements:
        low, high = measured.ci95 or (None, None)
        found.append(
            Result(
                evaluation_id=evaluation_id,
                metric=measured.metric,
                direction=measured.direction.value if measured.direction else "both",
                expected=measured.expected,
                pessimistic=measured.pessimistic,
                optimistic=measured.optimistic,
                low=low,
                high=high,
                spread=measured.spread,
            )
        )
    return found


def query_ranks_of(evaluation_id: UUID, report: "Report") -> list[QueryRanks]:
    """Return the per-query rank counts of a report as rows."""
    from evaluator.counts_codec import encode_counts

    return [
        QueryRanks(evaluation_id=evaluation_id, direction=direction.value, content=encode_counts(counts))
        for direction, counts in report.counts.items()
    ]


def image_effects_of(evaluation_id: UUID, report: "Report") -> list[ImageEffects]:
    """Return what every image does to the value that boards rank on as a row; none where a direction is missing."""
    from evaluator.effects_codec import encode_effects

    return [
        ImageEffects(
            evaluation_id=evaluation_id,
            metric=metric,
            n_clusters=found.n_clusters,
            content=encode_effects(found.effects),
        )
        for metric, found in report.by_image.items()
    ]
