"""What was measured on a board, as one table: a row for each evaluation, three columns for each metric."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from splits.catalog import natural_key
from submissions.board_query import BoardKey, board_results

if TYPE_CHECKING:
    from sqlmodel import Session

ENDS = ("", " low", " high")
"""What every metric has: the value itself, and the ends of its interval."""
_SIDES = {"i2t": 0, "t2i": 1, "both": 2}
_METRICS = ("R@1", "R@5", "R@10", "mAP@R", "R-Precision", "mAP", "MRR", "MedR", "MeanR")


def measured(session: "Session", board: BoardKey) -> pd.DataFrame:
    """Read all values of a board; the index is the ids of evaluations as hex digits.

    Columns are named as in `i2t R@1`, `i2t R@1 low` and `i2t R@1 high`, i2t before t2i before rsum; what was not
    measured is NaN.
    """
    results = board_results(session, board)
    if not results:
        return pd.DataFrame()
    evaluations, metrics, directions, *values = zip(*results, strict=True)
    rows, index = pd.factorize(np.array(evaluations, dtype=object))
    numbered: dict[tuple[str, str], int] = {}
    columns = np.array(
        [numbered.setdefault(measure, len(numbered)) for measure in zip(directions, metrics, strict=True)]
    )
    wide = np.full((len(numbered), len(ENDS), len(index)), np.nan)
    wide[columns, :, rows] = np.array(values, dtype=np.float64).T
    found = {
        f"{_column(*measure)}{part}": wide[numbered[measure], number]
        for measure in sorted(numbered, key=column_key)
        for number, part in enumerate(ENDS)
    }
    return pd.DataFrame(found, index=index)


def measured_of(session: "Session", board: BoardKey, evaluations: list[str]) -> pd.DataFrame:
    """Read the values of some evaluations of a board, in their order, with only the metrics that were measured of them.

    Args:
        session: Where they are.
        board: Which board.
        evaluations: Their ids as hex digits.
    """
    found = measured(session, board).reindex(evaluations)
    kept = [name for name in measures(found) if found[name].notna().any()]
    return found[[f"{name}{end}" for name in kept for end in ENDS]]


def measures(table: pd.DataFrame) -> list[str]:
    """List the metrics of such a table, as its columns are named."""
    return [name.removesuffix(" low") for name in table.columns if name.endswith(" low")]


def _column(direction: str, metric: str) -> str:
    return metric if direction == "both" else f"{direction} {metric}"


def column_key(measure: tuple[str, str]) -> tuple[object, ...]:
    """Order measures by direction, then as papers print the metrics."""
    direction, metric = measure
    known = _METRICS.index(metric) if metric in _METRICS else len(_METRICS)
    return (_SIDES.get(direction, len(_SIDES)), known, natural_key(metric))
