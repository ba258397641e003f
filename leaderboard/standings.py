"""From stored results to the rows of a board: means and spreads over runs, badges and shared ranks.

Plain pandas, no pages: the command line prints the same table that the site shows.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.protocol import LEADING
from leaderboard.board_facts import facts_of, first_of_their_kind, read_known
from leaderboard.measured import measured_of, measures
from leaderboard.paired_ranks import Effects, read_effects
from leaderboard.remarks import UNPAIRED
from leaderboard.shared_ranks import Contenders, Values, shared_ranks, standard_error
from splits.catalog import natural_key, unknown_name_message
from splits.errors import UnknownNameError
from submissions.board_query import BoardKey, EvaluatedRun, board_keys, evaluated_runs
from submissions.tables import Status

if TYPE_CHECKING:
    from sqlmodel import Session

Rows = NDArray[np.int64]

PARTS = ("", " std", " low", " high")
"""What each measured column has: the mean itself, its std over seeds, and the ends of its interval."""


def standings(session: "Session", protocol: str, *, split: str | None = None) -> pd.DataFrame:
    """Build the board of the newest version of a protocol: one row per current submission, best first.

    Args:
        session: Where the results are.
        protocol: The protocol's name.
        split: A split's name or digest, for protocols that were run on several; the fullest board if omitted.

    Raises:
        UnknownNameError: Nothing was measured under this protocol, or not on this split.
    """
    return board_standings(session, find_board(board_keys(session), protocol, split=split))


def find_board(boards: Sequence[BoardKey], protocol: str, *, split: str | None = None) -> BoardKey:
    """Choose a board by protocol, and by split name or digest where given; the fullest one comes first."""
    named = [board for board in boards if board.protocol == protocol]
    if not named:
        if not boards:
            raise UnknownNameError("No results are stored yet. Hand in a first one: rematch submit MANIFEST.")
        known = sorted({board.protocol for board in boards}, key=natural_key)
        raise UnknownNameError(unknown_name_message("protocol with results", protocol, known))
    found = [board for board in named if split in (None, board.split, board.split_digest)]
    if not found:
        known = sorted({board.split for board in named}, key=natural_key)
        raise UnknownNameError(unknown_name_message(f"split with results of {protocol}", str(split), known))
    return found[0]


def board_standings(session: "Session", board: BoardKey, *, as_of: date | None = None) -> pd.DataFrame:
    """Build the rows of one board, as they stood at the end of a day; as they are now if none is named."""
    runs = evaluated_runs(session, board, as_of=as_of)
    current = newest_per_run(runs)
    values = measured_of(session, board, [run.evaluation_id.hex for run in current])
    facts = facts_of(runs, current, read_known(session, board, as_of=as_of))
    rows = np.array([facts.index.get_loc(run.submission_id) for run in current], dtype=np.int64)
    table = pd.concat([facts, _over_runs(values, rows, first_of_their_kind(current), facts)], axis=1)
    return _ranked(table, _effects(session, board, table, current, rows)).reset_index(drop=True)


def _effects(
    session: "Session", board: BoardKey, table: pd.DataFrame, current: Sequence[EvaluatedRun], rows: Rows
) -> Effects:
    leading = leading_columns(table)
    if not leading:
        return Effects.unknown(len(table))
    system_of = {run.evaluation_id: int(row) for run, row in zip(current, rows, strict=True)}
    return read_effects(session, board, leading[0].split(" ")[-1], system_of, len(table))


def newest_per_run(runs: Iterable[EvaluatedRun]) -> list[EvaluatedRun]:
    """Keep the last succeeded evaluation of every run: a rescored run counts once."""
    newest: dict[UUID, EvaluatedRun] = {}
    for run in runs:
        if run.status is Status.SUCCEEDED:
            newest[run.run_id] = run
    return list(newest.values())


def metric_columns(table: pd.DataFrame) -> list[str]:
    """List the measured columns of a board without their parts, i2t before t2i before rsum."""
    return [name.removesuffix(" std") for name in table.columns if name.endswith(" std")]


def leading_columns(table: pd.DataFrame) -> list[str]:
    """Name what a board is ranked on: rsum, or both directions of its first metric where there is no rsum."""
    columns = metric_columns(table)
    for metric in LEADING:
        found = [name for name in columns if name in (metric, f"i2t {metric}", f"t2i {metric}")]
        if found:
            return found
    return []


def _over_runs(values: pd.DataFrame, rows: Rows, fresh: NDArray[np.bool_], facts: pd.DataFrame) -> pd.DataFrame:
    """Average over the runs of each submission; the std is over those that differ, NaN for fewer than two."""
    mean = values.groupby(rows).mean()
    std = values.loc[fresh, measures(values)].groupby(rows[fresh]).std(ddof=1)
    columns: dict[str, Values] = {}
    for name in measures(values):
        parts = (mean[name], std[name], mean[f"{name} low"], mean[f"{name} high"])
        columns |= {f"{name}{part}": column.to_numpy() for part, column in zip(PARTS, parts, strict=True)}
    return pd.DataFrame(columns, index=facts.index)


def _ranked(table: pd.DataFrame, effects: Effects) -> pd.DataFrame:
    contenders = contenders_of(table, effects)
    ranks = shared_ranks(contenders)
    table = table.drop(columns="distinct")
    table.insert(0, "rank", pd.Series(ranks, index=table.index, dtype="Int64").mask(ranks == 0))
    unpaired = contenders.ranked & ~effects.of_system
    table["badges"] = [
        (*badges, UNPAIRED) if marked else badges for badges, marked in zip(table["badges"], unpaired, strict=True)
    ]
    means = np.nan_to_num(contenders.mean, nan=-np.inf)
    order = np.lexsort((table["system"].to_numpy(dtype=str), -means, np.where(ranks > 0, ranks, len(ranks) + 1)))
    return table.iloc[order]


def contenders_of(table: pd.DataFrame, effects: Effects) -> Contenders:
    """Take from a board what its ranks depend on."""
    leading = leading_columns(table)
    seeds = table["distinct"].to_numpy(dtype=np.float64)
    if not leading:
        nothing = np.full(len(table), np.nan)
        return Contenders(nothing, nothing, nothing, seeds, effects)
    mean, std, low, high = (
        # Two directions are averaged. Their errors are averaged too, which is the largest that the error of the mean
        # can be, because an interval says nothing of how the directions vary together.
        np.mean([table[f"{name}{part}"].to_numpy(dtype=np.float64) for name in leading], axis=0)
        for part in PARTS
    )
    return Contenders(mean, standard_error(low, high), std**2, seeds, effects)
