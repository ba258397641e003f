"""One table that a page shows, in all its forms: HTML to read, and CSV, JSON and LaTeX of exactly the same rows."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leaderboard.booktabs import NEEDS, tabular
from leaderboard.components import DAGGER, MISSING, scrolled, text
from leaderboard.escapes import in_latex, no_formula


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in files, its head on the page, and how a value of it is shown."""

    name: str
    head: str
    show: Callable[[Any], str] = str
    about: str = ""
    """Explains the head to a newcomer, as a tooltip."""
    is_words: bool = False


def shown_cell(column: Column, value: Any) -> str:
    """Show one value, or a dash where there is none."""
    return MISSING if value is None or (not isinstance(value, str) and pd.isna(value)) else column.show(value)


def listing_html(rows: pd.DataFrame, columns: Sequence[Column], caption: str) -> str:
    """Draw rows as a table whose first column names them.

    Args:
        rows: What to draw, with a column for each of `columns`.
        columns: The first one holds the names.
        caption: What the table holds, for those who cannot see where it stands.
    """
    heads = "".join(_head(column) for column in columns)
    body = "".join(f"<tr>{_cells(row, columns)}</tr>" for row in rows.to_dict("records"))
    return scrolled(f'<table class="plain"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>', caption)


def _head(column: Column) -> str:
    title = f' title="{text(column.about)}"' if column.about else ""
    return f'<th scope="col"{_kind(column)}{title}>{text(column.head)}</th>'


def _kind(column: Column) -> str:
    return ' class="words"' if column.is_words else ""


def _cells(row: Mapping[Any, Any], columns: Sequence[Column]) -> str:
    first, *others = columns
    cells = "".join(f"<td{_kind(column)}>{text(shown_cell(column, row[column.name]))}</td>" for column in others)
    return f'<th scope="row">{text(shown_cell(first, row[first.name]))}</th>{cells}'


def listing_csv(rows: pd.DataFrame, columns: Sequence[Column]) -> str:
    """Write rows as CSV, fractions unrounded; names that a spreadsheet would run get an apostrophe in front."""
    kept = rows[[column.name for column in columns]].copy()
    for column in columns:
        if column.is_words:
            kept[column.name] = kept[column.name].map(lambda word: no_formula(word) if isinstance(word, str) else word)
    return kept.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)


def listing_json(rows: pd.DataFrame, columns: Sequence[Column], facts: Mapping[str, Any]) -> str:
    """Write rows as JSON, fractions unrounded, with the facts that make them comparable."""
    plain = [
        {column.name: _plain(row[column.name]) for column in columns} for row in rows.astype(object).to_dict("records")
    ]
    return json.dumps({**facts, "rows": plain}, indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if not isinstance(value, str) and pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def listing_latex(rows: pd.DataFrame, columns: Sequence[Column]) -> str:
    """Write rows as a booktabs table that reads as the page does."""
    lines = [" & ".join(in_latex(column.head) for column in columns)]
    lines += [
        " & ".join(in_latex(shown_cell(column, row[column.name])) for column in columns)
        for row in rows.to_dict("records")
    ]
    head, *body = (line.replace(DAGGER, r"$^\dagger$").replace(MISSING, "--") for line in lines)
    sides = "".join("l" if column.is_words else "r" for column in columns)
    return f"{NEEDS}\n{tabular(sides, [head], body)}"


def listing_writers(
    rows: pd.DataFrame, columns: Sequence[Column], facts: Mapping[str, Any]
) -> dict[str, Callable[[], str]]:
    """Return what `frame.downloads` offers of a table."""
    return {
        "csv": lambda: listing_csv(rows, columns),
        "json": lambda: listing_json(rows, columns, facts),
        "tex": lambda: listing_latex(rows, columns),
    }
