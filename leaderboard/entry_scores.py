"""The scores of one submission under one protocol: a row for every seed, their mean and standard deviation below."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from leaderboard.components import DIRECTIONS, MISSING, interval, scrolled, shown, text
from leaderboard.measured import column_key
from submissions.entry_query import EntryRun, Measured
from submissions.tables import Status


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the runs of a submission measured under one protocol version on one split."""

    runs: tuple[EntryRun, ...]
    """Every run once, by its newest evaluation, in the order of the manifest."""
    values: pd.DataFrame
    """Expected values: a row for a run, a column such as `i2t R@1`, as a board orders them."""
    n_distinct: int
    """How many runs differ in their ranks: what is sent twice is evidence once."""
    mean: pd.Series
    """Over all runs."""
    std: pd.Series
    """Sample standard deviation over the runs that differ; NaN for fewer than two."""


def scores_of(runs: Sequence[EntryRun]) -> Scores | None:
    """Lay out what was measured under one protocol; None where nothing was."""
    newest = {run.run_id: run for run in runs if run.status is Status.SUCCEEDED and run.measured}
    if not newest:
        return None
    own = tuple(newest.values())
    measures = sorted({(one.direction, one.metric) for run in own for one in run.measured}, key=column_key)
    rows = [{column_of(one): one.expected for one in run.measured} for run in own]
    values = pd.DataFrame(rows, columns=[column_of_measure(*measure) for measure in measures])
    distinct = ~pd.Series([run.ranks_sha256 or str(run.run_id) for run in own]).duplicated()
    return Scores(own, values, int(distinct.sum()), values.mean(), values[distinct].std(ddof=1))


def column_of(one: Measured) -> str:
    """Name the column of a measurement."""
    return column_of_measure(one.direction, one.metric)


def column_of_measure(direction: str, metric: str) -> str:
    """Name the column of a direction and a metric.

    >>> column_of_measure("i2t", "R@1"), column_of_measure("both", "rsum")
    ('i2t R@1', 'rsum')
    """
    return metric if direction == "both" else f"{direction} {metric}"


def scores_html(scores: Scores) -> str:
    """Draw seeds as rows, and below them mean and standard deviation; a cell's tooltip has bounds and interval."""
    columns = list(scores.values.columns)
    sides = [name.rpartition(" ")[0] or "both" for name in columns]
    groups = "".join(
        f'<th scope="colgroup" class="group" colspan="{sides.count(side)}">{text(DIRECTIONS.get(side, side))}</th>'
        for side in dict.fromkeys(sides)
    )
    names = "".join(f'<th scope="col">{text(name.split(" ")[-1])}</th>' for name in columns)
    rows = "".join(_run_row(run, columns) for run in scores.runs)
    head = f'<tr><th scope="col" rowspan="2" class="words">Seed</th>{groups}</tr><tr>{names}</tr>'
    return scrolled(f'<table class="plain scores"><thead>{head}</thead><tbody>{rows}{_totals(scores)}</tbody></table>')


def _run_row(run: EntryRun, columns: Sequence[str]) -> str:
    measured = {column_of(one): one for one in run.measured}
    cells = "".join(_cell(name, measured.get(name)) for name in columns)
    return f'<tr><th scope="row">{run.seed}</th>{cells}</tr>'


def _cell(name: str, one: Measured | None) -> str:
    if one is None:
        return f"<td>{MISSING}</td>"
    bounds = f"with ties against it {shown(name, one.pessimistic)}, for it {shown(name, one.optimistic)}"
    between = interval(name, one.low, one.high)
    why = f"{bounds}; 95 % interval over images {between}" if between else bounds
    return f'<td title="{text(why)}">{shown(name, one.expected)}</td>'


def _totals(scores: Scores) -> str:
    if len(scores.runs) < 2:
        return ""
    mean = "".join(f"<td>{shown(name, scores.mean[name])}</td>" for name in scores.values.columns)
    std = "".join(f"<td>{shown(name, scores.std[name])}</td>" for name in scores.values.columns)
    return (
        f'<tr class="total"><th scope="row">Mean of {len(scores.runs)}</th>{mean}</tr>'
        f'<tr class="total"><th scope="row">Std of {scores.n_distinct}</th>{std}</tr>'
    )


def spread_words(scores: Scores) -> str:
    """Say what the last rows are, or why there are none."""
    if len(scores.runs) < 2:
        return "One run: nothing is known of its spread over seeds."
    if scores.n_distinct < len(scores.runs):
        return (
            f"Only {scores.n_distinct} of {len(scores.runs)} runs differ in their ranks; the sample standard deviation"
            " (n - 1) is over those."
        )
    return f"Sample standard deviation (n - 1) over {scores.n_distinct} runs."
