"""One cell out of line: a recall that does not follow from the others of its series as it does in all other rows.

Among systems on one dataset the logit of R@K is nearly a straight line in the logits of the recalls at other K, so each
cell is predicted from the other two of its series, by a robust line through the rows near it in level. What has no such
rows on both sides is left alone: a line that is drawn on says little of a table of few or very different systems.
"""

import math
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

WINDOW = 0.7
"""Logits of level within which rows are near: a wider range bends, as from 1 % to 90 % in one table."""
FEWEST_ROWS = 8
"""Other rows within the window."""
FEWEST_ON_A_SIDE = 2
MOST_ROWS = 20
THRESHOLD = 5.0
"""In standard errors of the prediction: nothing is beyond it in 1,300 honest tables of 8 to 121 systems."""
LEAST_SPREAD = 0.05
"""Logits, about 1 % of a recall near 50 %: what systems of one level differ by in any case."""
ASSUMED_QUERIES = 1000
FEWEST_HITS = 10
"""Hits, and misses, of every recall of a row that is judged: nearer to 0 or 1 a handful of queries decides."""
LEAST_STEP = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Block:
    """The rows of one dataset in one direction, a column for each recall."""

    logits: Floats
    noise: Floats
    """Standard errors of the logits, from the number of queries."""
    hits: Floats
    """Or misses, whichever are fewer, of the recall of the row that has the fewest."""


@dataclass(frozen=True, slots=True)
class _Prediction:
    """What a cell would be if it followed the others."""

    value: float
    deviation: float
    """Of the printed value, in standard errors of the prediction; negative where it is too low."""
    n_rows: int


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return the cell farthest out of line of every series that has one. Single runs are left out."""
    del others
    blocks: defaultdict[tuple[object, ...], list[Series]] = defaultdict(list)
    for series in claims.series:
        data = series.key.ground
        if data and series.key.seed is None and all(name in series for name in RECALLS):
            blocks[data, series.key.direction].append(series)
    for block in blocks.values():
        if len(block) > FEWEST_ROWS:
            yield from _out_of_line(block)


def _out_of_line(rows: list[Series]) -> Iterator[AuditFinding]:
    block = _block(rows)
    for row, series in enumerate(rows):
        if block.hits[row] < FEWEST_HITS:
            continue
        found = [(one, name) for column, name in enumerate(RECALLS) if (one := _predict(block, row, column))]
        # A wrong cell moves the level of the others, so that which it is shows only where each is predicted.
        farthest, name = max(found, key=lambda one: abs(one[0].deviation), default=(None, ""))
        if farthest and len(found) == len(RECALLS) and abs(farthest.deviation) > THRESHOLD:
            yield _finding(series, name, farthest)


def _block(rows: list[Series]) -> _Block:
    shares = np.array([[float(series[name].printed.value) for name in RECALLS] for series in rows])
    queries = np.array([[series[name].n_queries or ASSUMED_QUERIES for name in RECALLS] for series in rows])
    hits = (np.minimum(shares, 1 - shares) * queries).min(axis=1)
    # Half a hit is the least that has a logit; such rows are no one's neighbours.
    shares = np.clip(shares, 0.5 / queries, 1 - 0.5 / queries)
    return _Block(np.log(shares / (1 - shares)), (queries * shares * (1 - shares)) ** -0.5, hits)


def _predict(block: _Block, row: int, column: int) -> _Prediction | None:
    """Predict one cell from the mean logit of the other two of its row; None where too few rows are near."""
    level = np.delete(block.logits, column, axis=1).mean(axis=1)
    near = _near(level, row, block.hits >= 1)
    below = int((level[near] <= level[row]).sum())
    if len(near) < FEWEST_ROWS or not FEWEST_ON_A_SIDE <= below <= len(near) - FEWEST_ON_A_SIDE:
        return None
    slope, start = _line(level[near], block.logits[near, column])
    rest = block.logits[near, column] - slope * level[near] - start
    # The queries are the same for all K, so that errors of the level from their number go along with those of the cell.
    error = np.hypot(_error_of_line(level[near], rest, at=level[row]), block.noise[row, column])
    expected = slope * level[row] + start
    deviation = (block.logits[row, column] - expected) / error
    return _Prediction(float(1 / (1 + np.exp(-expected))), float(deviation), len(near))


def _near(level: Floats, row: int, usable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the other rows within the window, the nearest first."""
    distance = np.where(usable, np.abs(level - level[row]), np.inf)
    distance[row] = np.inf
    nearest = np.argsort(distance, kind="stable")[:MOST_ROWS]
    return nearest[distance[nearest] <= WINDOW]


def _error_of_line(x: Floats, rest: Floats, *, at: float) -> float:
    """Return how far a further row may lie from the line: its spread, and the error of the line at that place."""
    # 1.4826 makes the median deviation of a normal distribution its standard deviation; a line takes two degrees.
    n = len(x)
    spread = max(1.4826 * float(np.median(np.abs(rest))) * math.sqrt(n / (n - 2)), LEAST_SPREAD)
    apart = float(((x - x.mean()) ** 2).sum())
    # The median's variance is pi / 2 times that of the mean.
    return spread * math.sqrt(1 + math.pi / 2 / n + (at - float(x.mean())) ** 2 / max(apart, LEAST_STEP**2))


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
        f" {found.value:.1%} in the {found.n_rows} rows near in level; {printed} is {abs(found.deviation):.1f} times"
        f" its standard error too {how}.",
        "The system ranks in another way than the rest of the table, such as with a second stage that only some have.",
    )


OUTLIERS = Check(NAME, "one cell out of line with its neighbours", find)
