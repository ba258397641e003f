"""Tables for papers: what every LaTeX export has around its own rows."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from leaderboard.components import shown

NEEDS = r"% needs \usepackage{booktabs}"


def tabular(columns: str, heads: Sequence[str], rows: Sequence[str], *more: Sequence[str]) -> str:
    r"""Write a booktabs table.

    Args:
        columns: How they are aligned, such as lrr.
        heads: The lines above the first rule, without their \\.
        rows: The lines below it.
        more: Further lines, each lot below a rule of its own; there is none before an empty lot.
    """
    lots = [rows, *(lot for lot in more if lot)]
    body = [line for lot in lots for line in (r"\midrule", *_ended(lot))]
    return "\n".join(
        [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", *_ended(heads), *body, r"\bottomrule", r"\end{tabular}"]
    )


def figure_of(name: str, value: Any, std: float, best: tuple[float, float]) -> str:
    """Write a value of a column: bold where it is the best, underlined where it is the second best, std below it."""
    if pd.isna(value):
        return "--"
    figure = shown(name, value)
    if value == best[0]:
        figure = rf"\textbf{{{figure}}}"
    elif value == best[1]:
        figure = rf"\underline{{{figure}}}"
    return with_std(figure, name, std)


def with_std(figure: str, name: str, std: float) -> str:
    """Put a standard deviation below a figure of a column, where there is one."""
    return figure if pd.isna(std) else rf"{figure}$_{{\pm {shown(name, std)}}}$"


def _ended(lines: Sequence[str]) -> list[str]:
    return [rf"{line} \\" for line in lines]
