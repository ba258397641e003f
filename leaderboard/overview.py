"""All boards beside each other: does the order of the systems survive from scenes to objects?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluator.protocol import PROTOCOLS
from leaderboard.remarks import variant_of
from leaderboard.standings import leading_columns
from submissions.board_query import BoardKey

_IDENTITY = ("system", "submitter", "variant")
"""What makes two submissions on two boards one row; one system at two precisions is two."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """One row per system and way to run it (`variant`, the badges of that).

    For board number i there are the columns `i value`, `i std`, `i rank` and `i submission`.
    """

    boards: tuple[BoardKey, ...]
    labels: tuple[str, ...]
    table: pd.DataFrame


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
    return Overview(boards, labels, table.iloc[order].reset_index(drop=True))


def _column(standing: pd.DataFrame, number: int) -> pd.DataFrame:
    told_apart = standing.assign(variant=standing["badges"].map(variant_of))
    newest = told_apart.sort_values("created").drop_duplicates(list(_IDENTITY), keep="last")
    leading = leading_columns(standing)
    column = newest[[*_IDENTITY, "submission", "rank"]].copy()
    column["value"] = newest[leading].mean(axis=1, skipna=False) if leading else np.nan
    column["std"] = newest[f"{leading[0]} std"] if len(leading) == 1 else np.nan
    return column.rename(columns={name: f"{number} {name}" for name in ("submission", "rank", "value", "std")})
