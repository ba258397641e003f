"""A board as CSV, JSON, LaTeX or plain text; CSV and JSON keep fractions, people read percent."""

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from leaderboard.board_facts import FACTS
from leaderboard.board_table import places, shown_columns
from leaderboard.components import MISSING, percent, shown
from leaderboard.escapes import in_latex, no_formula, one_line
from leaderboard.standings import metric_columns
from submissions.board_query import BoardKey


def as_csv(table: pd.DataFrame) -> str:
    """Write a board as CSV, fractions unrounded.

    Names come from uploads: one that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    data = table["pretraining_data"].map(lambda names: "; ".join(names) or "none", na_action="ignore")
    safe = table.assign(badges=table["badges"].map("; ".join), pretraining_data=data)
    for name in ("system", "submitter", "setting", "badges", "pretraining_data"):
        safe[name] = safe[name].map(no_formula, na_action="ignore")
    # Quoted, because some spreadsheets also cut cells at semicolons.
    return safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)


def as_json(table: pd.DataFrame, board: BoardKey) -> str:
    """Write a board as JSON with what makes its numbers comparable."""
    columns = metric_columns(table)
    document = {
        "protocol": board.protocol,
        "protocol_version": board.version,
        "split": board.split,
        "split_digest": board.split_digest,
        "centricity": board.centricity,
        "n_images": board.n_images,
        "n_captions": board.n_captions,
        "entries": [_json_entry(row, columns) for row in table.to_dict("records")],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _json_entry(row: Mapping[Any, Any], columns: Sequence[str]) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for name in columns:
        mean, std, low, high = (_number(row[f"{name}{part}"]) for part in ("", " std", " low", " high"))
        cell = {"mean": mean, "std": std, "ci95": None if low is None else [low, high]}
        direction, _, metric = name.rpartition(" ")
        (metrics.setdefault(direction, {}) if direction else metrics)[metric] = cell
    facts = {name: _value(row[name]) for name in FACTS}
    facts["created"] = row["created"].isoformat()
    return {**facts, "metrics": metrics}


def _value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else _number(value)


def _number(value: Any) -> Any:
    return None if pd.isna(value) else value


def as_latex(table: pd.DataFrame) -> str:
    """Write a board as a booktabs table: percent, best bold, second underlined, std as a subscript."""
    columns = shown_columns(table)
    best = places(table, columns)
    sides: dict[str, int] = {}
    for name in columns:
        side = name.rpartition(" ")[0]
        sides[side] = sides.get(side, 0) + 1
    heads = " & ".join(rf"\multicolumn{{{span}}}{{c}}{{{side}}}" for side, span in sides.items())
    names = " & ".join(in_latex(name.split(" ")[-1]) for name in columns)
    rows = [
        " & ".join(
            [in_latex(row["system"]), str(row["seeds"]), *(_latex_cell(row, name, best[name]) for name in columns)]
        )
        for row in table.to_dict("records")
    ]
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            rf"\begin{{tabular}}{{lr{'r' * len(columns)}}}",
            r"\toprule",
            rf" & & {heads} \\",
            rf"System & Seeds & {names} \\",
            r"\midrule",
            *(rf"{row} \\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _latex_cell(row: Mapping[Any, Any], name: str, best: tuple[float, float]) -> str:
    value, std = row[name], row[f"{name} std"]
    if pd.isna(value):
        return "--"
    figure = shown(name, value)
    if value == best[0]:
        figure = rf"\textbf{{{figure}}}"
    elif value == best[1]:
        figure = rf"\underline{{{figure}}}"
    return figure if pd.isna(std) else rf"{figure}$_{{\pm {shown(name, std)}}}$"


def text_rows(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Lay a board out as words for a terminal: heads and rows."""
    columns = shown_columns(table)
    heads = ["rank", "system", "submitter", "setting", "seeds", *columns, "rsum 95 %", "badges"]
    rows = []
    for row in table.to_dict("records"):
        figures = [
            shown(name, row[name]) + ("" if pd.isna(row[f"{name} std"]) else f" ± {shown(name, row[f'{name} std'])}")
            for name in columns
        ]
        between = (
            f"{percent(row['rsum low'])} – {percent(row['rsum high'])}"
            if "rsum" in columns and not pd.isna(row["rsum low"])
            else MISSING
        )
        rank = MISSING if pd.isna(row["rank"]) else str(row["rank"])
        facts = [rank, row["system"], row["submitter"], row["setting"], str(row["seeds"])]
        rows.append([one_line(cell) for cell in (*facts, *figures, between, "; ".join(row["badges"]))])
    return heads, rows
