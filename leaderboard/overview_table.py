"""All boards beside each other as one HTML table: one row per system, scene-centric boards first."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

from leaderboard.board_columns import meaning
from leaderboard.board_table import Place, places
from leaderboard.components import (
    DIRECTIONS,
    MISSING,
    badges,
    entry_link,
    hover,
    marked,
    plus_minus,
    scrolled,
    shown,
    text,
)
from leaderboard.overview import Column, Numbers, Overview

_NAME = '<th rowspan="{rows}" scope="col" class="name">System</th>'


def overview_html(overview: Overview, numbers: Numbers = Numbers.RANKED, *, rows: slice = slice(None)) -> str:
    """Draw one row per system with some numbers of every board, scene-centric boards first.

    Args:
        overview: The boards.
        numbers: Which numbers of each.
        rows: The rows to draw.
    """
    columns = overview.columns(numbers)
    heads = _heads(overview, columns) if numbers is Numbers.RANKED else _block_heads(overview, columns)
    best = places(overview.table, [column.key for column in columns])
    body = "".join(_row(row, columns, best) for row in overview.table.iloc[rows].to_dict("records"))
    head = "".join(f"<tr>{line}</tr>" for line in heads)
    return scrolled(f'<table class="board overview"><thead>{head}</thead><tbody>{body}</tbody></table>')


def _heads(overview: Overview, columns: Sequence[Column]) -> list[str]:
    """One column for each board, below its side."""
    sides = _spans(overview.boards[column.board].centricity.capitalize() for column in columns)
    names = "".join(f'<th class="edge" scope="col">{text(overview.labels[column.board])}</th>' for column in columns)
    return [_NAME.format(rows=2) + sides, names]


def _block_heads(overview: Overview, columns: Sequence[Column]) -> list[str]:
    """Some columns for each board, below its directions and its name."""
    boards = _spans(
        f"{overview.labels[column.board]} ({overview.boards[column.board].centricity})" for column in columns
    )
    sides = [(column.board, _direction(column)) for column in columns]
    directions = "".join(_group(DIRECTIONS[side], len(list(own))) for (_, side), own in groupby(sides))
    names = "".join(
        f'<th scope="col"{_edge(columns, number)}{hover(meaning(column.name))}>{column.name.split(" ")[-1]}</th>'
        for number, column in enumerate(columns)
    )
    return [_NAME.format(rows=3) + boards, directions, names]


def _spans(names: Iterable[str]) -> str:
    return "".join(_group(name, len(list(own))) for name, own in groupby(names))


def _group(name: str, span: int) -> str:
    return f'<th class="group edge" colspan="{span}" scope="colgroup">{text(name)}</th>'


def _direction(column: Column) -> str:
    return column.name.split(" ")[0] if " " in column.name else "both"


def _edge(columns: Sequence[Column], number: int) -> str:
    """Set apart what begins another board or direction."""
    same = number > 0 and all(
        one(columns[number]) == one(columns[number - 1]) for one in (_direction, lambda column: column.board)
    )
    return "" if same else ' class="edge"'


def _row(row: Mapping[Any, Any], columns: Sequence[Column], best: Mapping[str, Place]) -> str:
    cells = "".join(
        f"<td{_edge(columns, number)}>{_cell(row, column, best[column.key])}</td>"
        for number, column in enumerate(columns)
    )
    name = f"{text(row['system'])}<small>{text(row['submitter'])}</small>{badges(row['variant'])}"
    return f'<tr><th scope="row" class="name">{name}</th>{cells}</tr>'


def _cell(row: Mapping[Any, Any], column: Column, best: Place) -> str:
    value, std, rank = (row[key] for key in (column.key, f"{column.key} std", f"{column.board} rank"))
    if pd.isna(value):
        return MISSING
    figure = entry_link(str(row[f"{column.board} submission"]), shown(column.name, value))
    spread = f'{marked(figure, value, best)}<span class="std">{plus_minus(column.name, std)}</span>'
    if " " in column.name:
        return spread
    place = "unranked" if pd.isna(rank) else f"rank {rank:.0f}"
    return f"{spread}<small>{place}</small>"
