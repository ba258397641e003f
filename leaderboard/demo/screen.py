"""How the demo looks in a terminal: a narrow board, and sentences wrapped to the width of the window."""

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from leaderboard.components import MISSING, interval, plus_minus, shown

COLUMNS = ("i2t R@1", "t2i R@1", "rsum")
HEADS = ("rank", "system", "seeds", *COLUMNS, "rsum 95 %", "badges")
RIGHT = frozenset({"rank", "seeds", *COLUMNS, "rsum 95 %"})


def width() -> int:
    """Return the width to write to."""
    return min(shutil.get_terminal_size((110, 24)).columns, 120)


def heading(words: str) -> str:
    """Set off the start of a part."""
    return f"\n{words}\n{'=' * len(words)}"


def board_lines(table: pd.DataFrame) -> list[str]:
    """Lay out a board: ranks, means with standard deviation over seeds, and the interval of rsum."""
    rows = [_row(row) for row in table.to_dict("records")]
    widths = [max(len(line[at]) for line in (HEADS, *rows)) for at in range(len(HEADS))]
    return [_line(cells, widths) for cells in (HEADS, tuple("-" * wide for wide in widths), *rows)]


def indented(words: str) -> str:
    """Wrap a sentence under the name it belongs to."""
    return textwrap.fill(words, width(), initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def _row(row: Mapping[Any, Any]) -> tuple[str, ...]:
    figures = [f"{shown(name, row[name])} {plus_minus(name, row[f'{name} std'])}".strip() for name in COLUMNS]
    between = interval("rsum", row["rsum low"], row["rsum high"]) or MISSING
    rank = MISSING if pd.isna(row["rank"]) else str(row["rank"])
    return (rank, row["system"], str(row["seeds"]), *figures, between, "; ".join(row["badges"]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(wide) if head in RIGHT else cell.ljust(wide)
        for cell, wide, head in zip(cells, widths, HEADS, strict=True)
    )
    return "  ".join(padded).rstrip()
