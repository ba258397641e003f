"""The boards as HTML tables: group headers per direction, best bold, second underlined.

A static table is read by people, screen readers and tests alike, which the canvas of an interactive grid is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluator.protocol import RECALLS
from leaderboard.components import (
    DIRECTIONS,
    MISSING,
    badges,
    entry_link,
    higher_is_better,
    interval,
    is_plain,
    plus_minus,
    shown,
    text,
)
from leaderboard.overview import Overview
from leaderboard.standings import metric_columns

ROWS_PER_PAGE = 100
_SUMMED = frozenset({*RECALLS, "rsum"})


@dataclass(frozen=True, slots=True)
class Look:
    """What a viewer chose to see."""

    intervals: bool = True
    every_metric: bool = False


def shown_columns(table: pd.DataFrame, *, every_metric: bool = False) -> list[str]:
    """List the measured columns that a board shows: what rsum adds up, or shares where there is no rsum, or all."""
    columns = metric_columns(table)
    if every_metric:
        return columns
    if "rsum" in columns:
        return [name for name in columns if name.split(" ")[-1] in _SUMMED]
    return [name for name in columns if not is_plain(name) and not name.endswith(" MRR")]


def places(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Find the best and the second-best different value of every column, over the whole board."""
    found: dict[str, tuple[float, float]] = {}
    for name in columns:
        values = sorted(set(table[name].dropna()), reverse=higher_is_better(name))
        best, second, *_ = [*values, float("nan"), float("nan")]
        found[name] = (best, second)
    return found


def board_html(page: pd.DataFrame, best: Mapping[str, tuple[float, float]], look: Look | None = None) -> str:
    """Draw the rows of one page of a board.

    Args:
        page: The rows to draw.
        best: From `places`; its keys are the columns to draw.
        look: What to show beside the means.
    """
    look = look or Look()
    columns = list(best)
    rows = "".join(_row(row, best, look) for row in page.to_dict("records"))
    return f'<div class="scroll"><table class="board">{_head(columns)}<tbody>{rows}</tbody></table></div>'


def _head(columns: Sequence[str]) -> str:
    groups: dict[str, int] = {}
    for name in columns:
        side = name.split(" ")[0] if " " in name else "both"
        groups[side] = groups.get(side, 0) + 1
    spans = "".join(
        f'<th class="group" colspan="{span}" scope="colgroup">{DIRECTIONS.get(side, side)}</th>'
        for side, span in groups.items()
    )
    names = "".join(f'<th{_edge(columns, name)} scope="col">{text(name.split(" ")[-1])}</th>' for name in columns)
    return (
        f'<thead><tr><th rowspan="2" scope="col">Rank</th><th rowspan="2" scope="col" class="name">System</th>'
        f'<th rowspan="2" scope="col">Seeds</th>{spans}</tr><tr>{names}</tr></thead>'
    )


def _edge(columns: Sequence[str], name: str) -> str:
    position = list(columns).index(name)
    before = columns[position - 1].split(" ")[0] if position else ""
    return "" if before == name.split(" ")[0] else ' class="edge"'


def _row(row: Mapping[Any, Any], best: Mapping[str, tuple[float, float]], look: Look) -> str:
    columns = list(best)
    cells = "".join(_cell(row, name, best[name], edge=_edge(columns, name), look=look) for name in columns)
    rank = MISSING if pd.isna(row["rank"]) else str(row["rank"])
    return f'<tr><td class="rank">{rank}</td>{_name(row)}<td class="seeds">{row["seeds"]}</td>{cells}</tr>'


def _name(row: Mapping[Any, Any]) -> str:
    marks = badges(row["badges"])
    return (
        f'<th scope="row" class="name">{entry_link(str(row["submission"]), str(row["system"]))}'
        f"<small>{text(row['submitter'])} · {text(row['setting'])}</small>{marks}</th>"
    )


def _cell(row: Mapping[Any, Any], name: str, best: tuple[float, float], *, edge: str, look: Look) -> str:
    value, std, low, high = (row[f"{name}{part}"] for part in ("", " std", " low", " high"))
    figure = shown(name, value)
    if value == best[0]:
        figure = f"<b>{figure}</b>"
    elif value == best[1]:
        figure = f"<u>{figure}</u>"
    spread = plus_minus(name, std)
    between = interval(name, low, high)
    under = f"<small>{between}</small>" if look.intervals and between else ""
    return f'<td{edge}>{figure}<span class="std">{spread}</span>{under}</td>'


def overview_html(overview: Overview, *, rows: slice = slice(None)) -> str:
    """Draw one row per system with the value and rank on every board, scene-centric boards first."""
    spans: dict[str, int] = {}
    for board in overview.boards:
        spans[board.centricity] = spans.get(board.centricity, 0) + 1
    groups = "".join(
        f'<th class="group" colspan="{span}" scope="colgroup">{text(side.capitalize())}</th>'
        for side, span in spans.items()
    )
    names = "".join(f'<th class="edge" scope="col">{text(label)}</th>' for label in overview.labels)
    body = "".join(_overview_row(row, overview) for row in overview.table.iloc[rows].to_dict("records"))
    return (
        f'<div class="scroll"><table class="board overview"><thead><tr><th rowspan="2" scope="col" class="name">System'
        f"</th>{groups}</tr><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _overview_row(row: Mapping[Any, Any], overview: Overview) -> str:
    cells = []
    for number in range(len(overview.labels)):
        value, std, rank = (row[f"{number} {part}"] for part in ("value", "std", "rank"))
        if pd.isna(value):
            cells.append(f'<td class="edge">{MISSING}</td>')
            continue
        place = "unranked" if pd.isna(rank) else f"rank {rank:.0f}"
        link = entry_link(str(row[f"{number} submission"]), shown("rsum", value))
        figure = f"<b>{link}</b>" if rank == 1 else link
        spread = plus_minus("rsum", std)
        cells.append(f'<td class="edge">{figure}<span class="std">{spread}</span><small>{place}</small></td>')
    name = f"{text(row['system'])}<small>{text(row['submitter'])}</small>{badges(row['variant'])}"
    return f'<tr><th scope="row" class="name">{name}</th>{"".join(cells)}</tr>'
