"""Cached readers of what two systems are compared by; see `leaderboard.data`."""

from uuid import UUID

import pandas as pd
import streamlit as st

from leaderboard.compare_pictures import content_at_hand, split_at_hand
from leaderboard.comparison import Comparison, compare, labels_of, recipe_of
from leaderboard.data import KEPT_SECONDS, shown_table, state
from leaderboard.stored_runs import unpacked
from splits.content import Content
from splits.split import Split
from submissions.board_query import BoardKey
from submissions.database import session
from submissions.ranks_query import distinct_runs


def comparison(board: BoardKey, submissions: tuple[str, ...]) -> Comparison:
    """Compare some systems of a board, in the order in which they are named."""
    table = shown_table(board)
    key = (state(), table.state, board.protocol, board.version, board.split_digest)
    return _comparison(key, submissions, board, table.found)


def split(board: BoardKey) -> Split | None:
    """Return the split of a board, if the catalogue has it and it is at hand."""
    return split_at_hand(board.split, board.split_digest)


def content(board: BoardKey) -> Content | str:
    """Return the pictures and captions of a board's split, or a sentence on why they are not shown."""
    return _content(board.split, board.split_digest)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=16, show_spinner="Comparing query by query …")
def _comparison(
    key: tuple[object, ...], submissions: tuple[str, ...], _board: BoardKey, _table: pd.DataFrame
) -> Comparison:
    recipe, at_hand = recipe_of(_board), split(_board)
    with session() as opened:
        stored = distinct_runs(opened, _board, [UUID(one) for one in submissions])
    table = _table.set_index("submission", drop=False)
    # What was replaced a moment ago is on neither any more.
    present = [one for one in submissions if one in table.index and UUID(one) in stored]
    runs = [[unpacked(run, recipe, at_hand) for run in stored[UUID(one)]] for one in present]
    return compare(table.loc[present], labels_of(table.loc[present]), runs, recipe)


@st.cache_resource(ttl=KEPT_SECONDS, max_entries=4, show_spinner="Looking for the pictures …")
def _content(split_name: str, split_digest: str) -> Content | str:
    found = split_at_hand(split_name, split_digest)
    return (
        f"The split {split_name} is not at hand on the machine of this board."
        if found is None
        else content_at_hand(found)
    )
