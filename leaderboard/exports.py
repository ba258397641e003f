"""A board as CSV, JSON or plain text; CSV and JSON keep fractions, people read percent."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from leaderboard.board_claims import ClaimRow
from leaderboard.board_columns import Shown, shown_columns
from leaderboard.board_facts import FACTS, TRAITS
from leaderboard.components import DAGGER, MISSING, percent, shown
from leaderboard.escapes import no_formula, one_line
from leaderboard.standings import PARTS, metric_columns
from submissions.board_query import BoardKey


def as_csv(table: pd.DataFrame, shown_only: Shown | None = None, claims: Sequence[ClaimRow] = ()) -> str:
    """Write a board as CSV, fractions unrounded, below it what papers print, with a dagger behind the digits.

    Names come from uploads: one that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    facts, columns = _chosen(table, shown_only)
    data = table["pretraining_data"].map(lambda names: "; ".join(names) or "none", na_action="ignore")
    safe = table.assign(badges=table["badges"].map("; ".join), pretraining_data=data)
    for name in ("system", "submitter", "setting", "badges", "pretraining_data"):
        safe[name] = safe[name].map(no_formula, na_action="ignore")
    safe = safe[[*facts, *(f"{name}{part}" for name in columns for part in PARTS)]]
    if claims:
        printed = pd.DataFrame([_csv_claim(row) for row in claims])
        safe = pd.concat([safe.astype(object), printed], ignore_index=True)
    # Quoted, because some spreadsheets also cut cells at semicolons.
    return safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)


def _chosen(table: pd.DataFrame, shown_only: Shown | None) -> tuple[list[str], list[str]]:
    """Return the facts and the measured columns to write: those shown, or all."""
    if shown_only is None:
        return list(FACTS), metric_columns(table)
    return [name for name in FACTS if name not in TRAITS or name in shown_only.about], list(shown_only.numbers)


def _csv_claim(row: ClaimRow) -> dict[str, Any]:
    numbers = {name: f"{number.digits}{DAGGER}" for name, number in row.numbers.items()}
    return {"system": no_formula(f"{row.system} {DAGGER}"), "seeds": row.n_seeds, **numbers, "printed in": row.where}


def board_facts(board: BoardKey) -> dict[str, Any]:
    """Return what makes the numbers of a board comparable, for files."""
    return {
        "protocol": board.protocol,
        "protocol_version": board.version,
        "split": board.split,
        "split_digest": board.split_digest,
        "centricity": board.centricity,
    }


def as_json(
    table: pd.DataFrame,
    board: BoardKey,
    shown_only: Shown | None = None,
    claims: Sequence[ClaimRow] | None = None,
    *,
    as_of: date | None = None,
) -> str:
    """Write a board as JSON with what makes its numbers comparable, and the day at whose end it was so."""
    facts, columns = _chosen(table, shown_only)
    document = {
        **board_facts(board),
        "n_images": board.n_images,
        "n_captions": board.n_captions,
        **({} if as_of is None else {"as_of": as_of.isoformat()}),
        "entries": [_json_entry(row, facts, columns) for row in table.to_dict("records")],
        **({} if claims is None else {"claims": [_json_claim(row) for row in claims]}),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _json_claim(row: ClaimRow) -> dict[str, Any]:
    printed = {name: {"printed": one.digits, "scale": one.scale} for name, one in row.numbers.items()}
    where = {"source": row.source.name, "url": row.source.url, "table": row.table, "kind": row.kind}
    return {"system": row.system, **where, "seeds": row.n_seeds, "metrics": printed}


def _json_entry(row: Mapping[Any, Any], names: Sequence[str], columns: Sequence[str]) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for name in columns:
        mean, std, low, high = (_number(row[f"{name}{part}"]) for part in ("", " std", " low", " high"))
        cell = {"mean": mean, "std": std, "ci95": None if low is None else [low, high]}
        direction, _, metric = name.rpartition(" ")
        (metrics.setdefault(direction, {}) if direction else metrics)[metric] = cell
    facts = {name: _value(row[name]) for name in names}
    facts["created"] = row["created"].isoformat()
    return {**facts, "metrics": metrics}


def _value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else _number(value)


def _number(value: Any) -> Any:
    return None if pd.isna(value) else value


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
