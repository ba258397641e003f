"""A report as the rows of the database that keep it."""

from typing import TYPE_CHECKING
from uuid import UUID

from submissions.tables import QueryRanks, Result

if TYPE_CHECKING:
    from evaluator.report import Report


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
