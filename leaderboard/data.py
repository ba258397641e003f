"""Cached readers: the only way from a page to the database.

What a board shows is cached under the state of the stored results, so a new result is seen at the next visit and
nothing is computed twice in between.
"""

from uuid import UUID

import pandas as pd
import streamlit as st

from leaderboard.overview import Overview, overview
from leaderboard.standings import board_standings
from submissions import board_query, database
from submissions.board_query import BoardKey
from submissions.database import session
from submissions.entry_query import Entry, read_entry
from submissions.queue_query import count_parts, read_queue
from submissions.queue_state import Part, QueueState

KEPT_SECONDS = 600


def boards() -> list[BoardKey]:
    """List the boards that have results, fullest first."""
    return _boards(_state())


def board_table(board: BoardKey) -> pd.DataFrame:
    """Read the rows of one board."""
    return _board_table(_state(), board.protocol, board.split_digest, board)


def side_by_side() -> Overview:
    """Read all boards beside each other."""
    return _side_by_side(_state())


def queue() -> QueueState:
    """Read what waits, runs, failed and was done lately; never cached, because people watch it."""
    _make_ready(database.safe_url())
    with session() as opened:
        return read_queue(opened)


def queue_parts() -> dict[str, Part]:
    """Count what waits, runs, failed and was done lately; never cached either."""
    with session() as opened:
        return count_parts(opened)


def entry(submission_id: UUID) -> Entry | None:
    """Read everything about one public submission; never cached, because people watch it change."""
    _make_ready(database.safe_url())
    with session() as opened:
        found = read_entry(opened, submission_id)
    return None if found is None or found.is_private else found


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
