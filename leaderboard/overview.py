"""All boards beside each other: does the order of the systems survive from scenes to objects?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from evaluator.protocol import PROTOCOLS
from leaderboard.board_columns import shown_columns
from leaderboard.remarks import variant_of
from leaderboard.standings import PARTS, leading_columns
from submissions.board_query import BoardKey

_IDENTITY = ("system", "submitter", "variant")
"""What makes two submissions on two boards one row; one system at two precisions is two."""


class Numbers(StrEnum):
    """Which numbers of every board stand beside each other."""

    RANKED = "rsum"
    """What it is ranked on."""
    FIRST = "R@1"
    """Both directions of R@1."""
    PRINTED = "as papers print them"
    """A block as in the table of a paper."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of numbers."""

    board: int
    """The number of its board."""
    name: str
    """What it holds, such as i2t R@1."""
    key: str
    """Where its means are in the table; those of its std follow under the same with ` std`."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """One row per system and way to run it (`variant`, the badges of that).

    For board number i there are the columns `i value` with what it is ranked on, `i value std`, `i rank` and
    `i submission`, and for each number that papers print its parts, such as `i i2t R@1` and `i i2t R@1 std`.
    """

    boards: tuple[BoardKey, ...]
    labels: tuple[str, ...]
    printed: tuple[tuple[str, ...], ...]
    """The numbers that papers print, board by board."""
    ranked: tuple[str, ...]
    """The metric that each board is ranked on."""
    table: pd.DataFrame

    def columns(self, numbers: Numbers) -> list[Column]:
        """List what stands beside each other; a board without an R@1 shows what it is ranked on in its place."""
        found = []
        for number, (printed, ranked) in enumerate(zip(self.printed, self.ranked, strict=True)):
            names = [name for name in printed if numbers is Numbers.PRINTED or name.endswith(" R@1")]
            if numbers is Numbers.RANKED or not names:
                found.append(Column(number, ranked, f"{number} value"))
            else:
                found += [Column(number, name, f"{number} {name}") for name in names]
        return found


def board_label(board: BoardKey, boards: Mapping[BoardKey, object] | list[BoardKey]) -> str:
    """Name a board by its protocol, and by its split where the protocol was run on several."""
    rivals = [other for other in boards if other.protocol == board.protocol]
    if len(rivals) == 1:
        return board.protocol
    if sum(other.split == board.split for other in rivals) == 1:
        return f"{board.protocol} · {board.split}"
    return f"{board.protocol} · {board.split} · {board.split_digest.removeprefix('sha256:')[:8]}"


def board_title(board: BoardKey) -> str:
    """Say in words what a protocol is, where the catalogue still has it."""
    if board.protocol not in PROTOCOLS:
        return ""
    protocol = PROTOCOLS[board.protocol]
    return f"{protocol.title}. {protocol.notes}"


def overview(standings: Mapping[BoardKey, pd.DataFrame]) -> Overview:
    """Put boards beside each other, scene-centric ones first; a system's newest submission on each counts."""
    boards = tuple(sorted(standings, key=lambda board: (board.centricity != "scene", board.centricity)))
    table = pd.DataFrame(columns=list(_IDENTITY))
    for number, board in enumerate(boards):
        table = table.merge(_column(standings[board], number), on=list(_IDENTITY), how="outer")
    ranks = table[[f"{number} rank" for number in range(len(boards))]].to_numpy(dtype=np.float64, na_value=np.nan)
    order = np.lexsort((table["system"].to_numpy(dtype=str), *np.nan_to_num(ranks, nan=np.inf).T[::-1]))
    labels = tuple(board_label(board, standings) for board in boards)
    printed = tuple(tuple(shown_columns(standings[board])) for board in boards)
    ranked = tuple(_ranked_on(standings[board]) for board in boards)
    return Overview(boards, labels, printed, ranked, table.iloc[order].reset_index(drop=True))


def _ranked_on(standing: pd.DataFrame) -> str:
    leading = leading_columns(standing)
    return leading[0].split(" ")[-1] if leading else "rsum"


def _column(standing: pd.DataFrame, number: int) -> pd.DataFrame:
    told_apart = standing.assign(variant=standing["badges"].map(variant_of))
    newest = told_apart.sort_values("created").drop_duplicates(list(_IDENTITY), keep="last")
    leading = leading_columns(standing)
    own = ["submission", "rank", *(f"{name}{part}" for name in shown_columns(standing) for part in PARTS)]
    column = newest[[*_IDENTITY, *own]].copy()
    column["value"] = newest[leading].mean(axis=1, skipna=False) if leading else np.nan
    column["value std"] = newest[f"{leading[0]} std"] if len(leading) == 1 else np.nan
    return column.rename(columns={name: f"{number} {name}" for name in (*own, "value", "value std")})
