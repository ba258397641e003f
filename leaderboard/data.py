"""Cached readers: the only way from a page to the database.

What a board shows is cached under the state of the stored results, so a new result is seen at the next visit and
nothing is computed twice in between.
"""

from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from leaderboard.compare_pictures import content_at_hand, split_at_hand
from leaderboard.comparison import Comparison, compare, labels_of, recipe_of
from leaderboard.overview import Overview, overview
from leaderboard.standings import board_standings
from leaderboard.stored_runs import unpacked
from splits.content import Content
from splits.split import Split
from submissions import board_query, database
from submissions.audit_cells import verdict
from submissions.board_query import BoardKey, Unfinished
from submissions.claims_about import claims_about as claims_about_submission
from submissions.database import session
from submissions.entry_query import Entry, read_entry
from submissions.ranks_query import distinct_runs

KEPT_SECONDS = 600


def boards() -> list[BoardKey]:
    """List the boards that have results, fullest first."""
    return _boards(_state())


def board_table(board: BoardKey) -> pd.DataFrame:
    """Read the rows of one board."""
    return _board_table(_state(), board.protocol, board.split_digest, board)


def comparison(board: BoardKey, submissions: tuple[str, ...]) -> Comparison:
    """Compare some systems of a board, in the order in which they are named."""
    return _comparison(_state(), board.protocol, board.split_digest, submissions, board)


def split(board: BoardKey) -> Split | None:
    """Return the split of a board, if the catalogue has it and it is at hand."""
    return split_at_hand(board.split, board.split_digest)


def content(board: BoardKey) -> Content | str:
    """Return the pictures and captions of a board's split, or a sentence on why they are not shown."""
    return _content(board.split, board.split_digest)


def side_by_side() -> Overview:
    """Read all boards beside each other."""
    return _side_by_side(_state())


def unfinished() -> list[Unfinished]:
    """List the newest submissions that wait, run or failed; never cached, because people watch them."""
    with session() as opened:
        return board_query.unfinished(opened)


def entry(submission_id: UUID) -> Entry | None:
    """Read everything about one public submission; never cached, because people watch it change."""
    _make_ready(database.safe_url())
    with session() as opened:
        found = read_entry(opened, submission_id)
    return None if found is None or found.is_private else found


def claims_about(submission_id: UUID) -> list[dict[str, Any]]:
    """Hold the claims that are of a public submission against what was measured of it, as an audit does."""
    return _claims_about(_state(), submission_id)


def _state() -> str:
    """Name the database and the state it is in: the key under which everything is cached."""
    _make_ready(database.safe_url())
    with session() as opened:
        return f"{database.safe_url()} {board_query.state_of_results(opened)}"


@st.cache_resource(show_spinner=False)
def _make_ready(url: str) -> None:
    """Create the tables of an embedded database, once per process; another must have been migrated."""
    database.prepare()


@st.cache_data(ttl=KEPT_SECONDS, max_entries=4, show_spinner=False)
def _boards(state: str) -> list[BoardKey]:
    with session() as opened:
        return board_query.board_keys(opened)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner=False)
def _board_table(state: str, protocol: str, split_digest: str, _board: BoardKey) -> pd.DataFrame:
    with session() as opened:
        return board_standings(opened, _board)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=4, show_spinner=False)
def _side_by_side(state: str) -> Overview:
    return overview({board: board_table(board) for board in _boards(state)})


@st.cache_data(ttl=KEPT_SECONDS, max_entries=16, show_spinner="Comparing query by query …")
def _comparison(
    state: str, protocol: str, split_digest: str, submissions: tuple[str, ...], _board: BoardKey
) -> Comparison:
    recipe, at_hand = recipe_of(_board), split(_board)
    with session() as opened:
        stored = distinct_runs(opened, _board, [UUID(one) for one in submissions])
    table = board_table(_board).set_index("submission", drop=False)
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


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner="Holding claims against it …")
def _claims_about(state: str, submission_id: UUID) -> list[dict[str, Any]]:
    with session() as opened:
        return [verdict(held) for held in claims_about_submission(opened, submission_id)]
