"""A board as a booktabs table for a paper."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from leaderboard.board_claims import ClaimRow
from leaderboard.board_columns import ABOUT, Shown, in_words, shown_columns
from leaderboard.board_table import places
from leaderboard.booktabs import NEEDS, figure_of, tabular
from leaderboard.components import MISSING
from leaderboard.escapes import in_latex

_DAGGER = r"$^{\dagger}$"


def as_latex(
    table: pd.DataFrame,
    shown_only: Shown | None = None,
    claims: Sequence[ClaimRow] = (),
    best: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Write a board as a booktabs table: percent, best bold, second underlined, std as a subscript.

    Args:
        table: The rows.
        shown_only: The columns that are shown; what papers print if omitted.
        claims: Rows from papers, which follow below a rule with a dagger.
        best: The best and second-best values; those among the rows if omitted.
    """
    columns = list(shown_only.numbers) if shown_only else shown_columns(table)
    about = shown_only.about if shown_only else ()
    marked = best or places(table, columns)
    sides: dict[str, int] = {}
    for name in columns:
        side = name.rpartition(" ")[0]
        sides[side] = sides.get(side, 0) + 1
    heads = " & ".join(rf"\multicolumn{{{span}}}{{c}}{{{side}}}" for side, span in sides.items())
    names = " & ".join([*(in_latex(ABOUT[name]) for name in about), *(in_latex(n.split(" ")[-1]) for n in columns)])
    rows = [_row(row, about, columns, marked) for row in table.to_dict("records")]
    papers = [_claim(row, len(about), columns) for row in claims]
    lines = [f" & & {'& ' * len(about)}{heads}", f"System & Seeds & {names}"]
    written = tabular(f"lr{'l' * len(about)}{'r' * len(columns)}", lines, rows, papers)
    remark = [r"% $^{\dagger}$ as printed in papers, not measured here"] if papers else []
    return "\n".join([NEEDS, written, *remark])


def _row(
    row: Mapping[Any, Any],
    about: Sequence[str],
    columns: Sequence[str],
    best: Mapping[str, tuple[float, float]],
) -> str:
    facts = (in_latex(in_words(name, row[name]).replace(MISSING, "--")) for name in about)
    cells = (figure_of(name, row[name], row[f"{name} std"], best[name]) for name in columns)
    return " & ".join([in_latex(row["system"]), str(row["seeds"]), *facts, *cells])


def _claim(row: ClaimRow, n_about: int, columns: Sequence[str]) -> str:
    cells = (f"{row.numbers[name].digits}{_DAGGER}" if name in row.numbers else "--" for name in columns)
    seeds = "--" if row.n_seeds is None else str(row.n_seeds)
    return " & ".join([f"{in_latex(row.system)}{_DAGGER}", seeds, *["--"] * n_about, *cells])
