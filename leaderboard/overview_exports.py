"""All boards beside each other as CSV, JSON and LaTeX: the columns that are shown, of every system."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import pandas as pd

from leaderboard.board_table import Place, places
from leaderboard.booktabs import NEEDS, figure_of, tabular
from leaderboard.escapes import in_latex, no_formula
from leaderboard.exports import board_facts
from leaderboard.overview import Column, Numbers, Overview


def as_csv(overview: Overview, numbers: Numbers) -> str:
    """Write one line per system, fractions unrounded; columns begin with the name of their board."""
    columns = overview.columns(numbers)
    table = overview.table
    written = pd.DataFrame(
        {
            "system": table["system"].map(no_formula),
            "submitter": table["submitter"].map(no_formula),
            "variant": table["variant"].map("; ".join).map(no_formula),
        }
    )
    for number, own in groupby(columns, key=lambda column: column.board):
        label = overview.labels[number]
        written[f"{label} rank"] = table[f"{number} rank"]
        for column in own:
            written[f"{label} {column.name}"] = table[column.key]
            written[f"{label} {column.name} std"] = table[f"{column.key} std"]
    return written.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)


def as_json(overview: Overview, numbers: Numbers, *, as_of: date | None = None) -> str:
    """Write the boards with what makes their numbers comparable, and every system with what it has on each."""
    columns = overview.columns(numbers)
    document = {
        **({} if as_of is None else {"as_of": as_of.isoformat()}),
        "boards": [
            {"name": label, **board_facts(board)} for label, board in zip(overview.labels, overview.boards, strict=True)
        ],
        "entries": [_entry(row, overview, columns) for row in overview.table.to_dict("records")],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _entry(row: Mapping[Any, Any], overview: Overview, columns: Sequence[Column]) -> dict[str, Any]:
    boards = {}
    for number, own in groupby(columns, key=lambda column: column.board):
        if pd.isna(row[f"{number} submission"]):
            continue
        boards[overview.labels[number]] = {
            "submission": str(row[f"{number} submission"]),
            "rank": _number(row[f"{number} rank"]),
            "metrics": {
                column.name: {"mean": _number(row[column.key]), "std": _number(row[f"{column.key} std"])}
                for column in own
            },
        }
    return {
        "system": row["system"],
        "submitter": row["submitter"],
        "variant": list(row["variant"]),
        "boards": boards,
    }


def _number(value: Any) -> Any:
    return None if pd.isna(value) else value


def as_latex(overview: Overview, numbers: Numbers) -> str:
    """Write a booktabs table with a block for each board: percent, best bold, second underlined, std as a subscript."""
    columns = overview.columns(numbers)
    best = places(overview.table, [column.key for column in columns])
    heads = [_spanned([in_latex(overview.labels[column.board]) for column in columns])]
    if numbers is not Numbers.RANKED:
        heads.append(_spanned([f"{column.board}/{column.name.rpartition(' ')[0]}" for column in columns], cut=True))
    heads.append(" & ".join(["System", *(in_latex(column.name.split(" ")[-1]) for column in columns)]))
    rows = [_line(row, columns, best) for row in overview.table.to_dict("records")]
    return "\n".join([NEEDS, tabular(f"l{'r' * len(columns)}", heads, rows)])


def _spanned(names: Sequence[str], *, cut: bool = False) -> str:
    """Write names above the columns that share them; what is before a slash only tells them apart."""
    spans = [(name, len(list(own))) for name, own in groupby(names)]
    cells = (rf"\multicolumn{{{span}}}{{c}}{{{name.partition('/')[2] if cut else name}}}" for name, span in spans)
    return " & ".join(["", *cells])


def _line(row: Mapping[Any, Any], columns: Sequence[Column], best: Mapping[str, Place]) -> str:
    name = " ".join([row["system"], *(f"[{badge}]" for badge in row["variant"])])
    cells = (figure_of(column.name, row[column.key], row[f"{column.key} std"], best[column.key]) for column in columns)
    return " & ".join([in_latex(name), *cells])
