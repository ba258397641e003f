"""One cell out of line: a recall that does not follow from the others of its series as it does in all other rows.

Among systems on one dataset the logit of R@K is nearly a straight line in the logits of the recalls at other K, so each
cell is predicted from the other two of its series, by a robust line through the rows nearest in level.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim_set import ClaimSet, Series
from evaluator.audit.wording import listed, titled
from evaluator.protocol import RECALLS

NAME = "cell-out-of-line"

FEWEST_ROWS = 8
NEAREST = 12
"""Rows that a line is drawn through: a wider range bends, as from 1 % to 90 % in one table."""
THRESHOLD = 5.0
"""In units of the spread of the neighbours: raises nothing among 484 series of open_clip's table."""
LEAST_SPREAD = 0.05
"""Logits, about 1 % of a recall near 50 %: what systems of one level differ by in any case."""
ASSUMED_QUERIES = 1000
EDGE = 5e-4
"""Recalls nearer to 0 or 1 have no usable logit."""
LEAST_STEP = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Prediction:
    """What a cell would be if it followed the others."""

    value: float
    deviation: float
    """Of the printed value, in units of the spread; negative where it is too low."""
    n_rows: int


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return the cell farthest out of line of every series that has one. Single runs are left out."""
    del others
    blocks: defaultdict[tuple[object, ...], list[Series]] = defaultdict(list)
    for series in claims.series:
        if series.key.seed is None and all(name in series for name in RECALLS):
            blocks[series.key.protocol or series.key.dataset, series.key.direction].append(series)
    for block in blocks.values():
        if len(block) >= FEWEST_ROWS:
            yield from _out_of_line(block)


def _out_of_line(block: list[Series]) -> Iterator[AuditFinding]:
    shares = np.array([[float(series[name].printed.value) for name in RECALLS] for series in block])
    shares = np.clip(shares, EDGE, 1 - EDGE)
    logits = np.log(shares / (1 - shares))
    for row, series in enumerate(block):
        found = {name: _predict(logits, row, column, _noise(series, name)) for column, name in enumerate(RECALLS)}
        name = max(RECALLS, key=lambda one: abs(found[one].deviation))
        if abs(found[name].deviation) > THRESHOLD:
            yield _finding(series, name, found[name])


def _noise(series: Series, name: str) -> float:
    """Return the standard error of a logit from the number of queries."""
    share = min(max(float(series[name].printed.value), 0.002), 0.998)
    return float(((series[name].n_queries or ASSUMED_QUERIES) * share * (1 - share)) ** -0.5)


def _predict(logits: Floats, row: int, column: int, noise: float) -> _Prediction:
    """Predict one cell from the mean logit of the other two of its row, as the nearest other rows do."""
    level = np.delete(logits, column, axis=1).mean(axis=1)
    distance = np.abs(level - level[row])
    distance[row] = np.inf
    near = np.argsort(distance, kind="stable")[: min(NEAREST, len(logits) - 1)]
    slope, start = _line(level[near], logits[near, column])
    rest = logits[near, column] - slope * level[near] - start
    # 1.4826 makes the median deviation of a normal distribution its standard deviation.
    spread = max(1.4826 * float(np.median(np.abs(rest))), LEAST_SPREAD)
    expected = slope * level[row] + start
    deviation = (logits[row, column] - expected) / np.hypot(spread, noise)
    return _Prediction(float(1 / (1 + np.exp(-expected))), float(deviation), len(near))


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Return slope and start of the line of Theil and Sen: the median slope of all pairs, which no single row moves."""
    one, other = np.triu_indices(len(x), 1)
    apart = np.abs(x[other] - x[one]) > LEAST_STEP
    slopes = (y[other] - y[one])[apart] / (x[other] - x[one])[apart]
    slope = float(np.median(slopes)) if len(slopes) > 2 else 1.0
    return slope, float(np.median(y - slope * x))


def _finding(series: Series, name: str, found: _Prediction) -> AuditFinding:
    printed = series[name].printed
    how = "high" if found.deviation > 0 else "low"
    return AuditFinding(
        NAME,
        Severity.WARNING,
        tuple(claim for _, claim in series.recalls()),
        f"{titled(series.key)}: {listed(series[one] for one in RECALLS)}. Where the other two stand so, {name} is about"
        f" {found.value:.1%} in the {found.n_rows} rows nearest in level; {printed} is {abs(found.deviation):.1f} times"
        f" their spread too {how}.",
        "The system ranks in another way than the rest of the table, such as with a second stage that only some have.",
    )


OUTLIERS = Check(NAME, "one cell out of line with its neighbours", find)
