"""Cached readers: the only way from a page to the database.

What a board shows is cached under the state of the stored results, so a new result is seen at the next visit and
nothing is computed twice in between.
"""

from datetime import date
from uuid import UUID

import pandas as pd
import streamlit as st

from leaderboard.board_claims import ClaimRow, claim_rows
from leaderboard.overview import Overview, overview
from leaderboard.standings import board_standings
from submissions import board_query, database
from submissions.board_query import BoardKey
from submissions.database import session
from submissions.entry_query import Entry, read_entry
from submissions.paper_numbers import known_claims
from submissions.queue_query import count_parts, read_queue
from submissions.queue_state import Part, QueueState

KEPT_SECONDS = 600


def boards(as_of: date | None = None) -> list[BoardKey]:
    """List the boards that have results, fullest first; those of the end of a day if one is named."""
    return _boards(state(), as_of)


def board_table(board: BoardKey, as_of: date | None = None) -> pd.DataFrame:
    """Read the rows of one board."""
    return _board_table(state(), board.protocol, board.version, board.split_digest, as_of, board)


def side_by_side(as_of: date | None = None) -> Overview:
    """Read all boards beside each other."""
    return _side_by_side(state(), as_of)


def paper_rows(board: BoardKey) -> list[ClaimRow]:
    """Read what papers print about the protocol of a board."""
    return _paper_rows(state(), board.protocol)


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


def state() -> str:
    """Name the database and the state it is in: the key under which everything is cached."""
    _make_ready(database.safe_url())
    with session() as opened:
        return f"{database.safe_url()} {board_query.state_of_results(opened)}"


@st.cache_resource(show_spinner=False)
def _make_ready(url: str) -> None:
    """Create the tables of an embedded database, once per process; another must have been migrated."""
    database.prepare()


@st.cache_data(ttl=KEPT_SECONDS, max_entries=4, show_spinner=False)
def _boards(state: str, as_of: date | None) -> list[BoardKey]:
    with session() as opened:
        return board_query.board_keys(opened, as_of=as_of)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner=False)
def _board_table(
    state: str, protocol: str, version: int, split_digest: str, as_of: date | None, _board: BoardKey
) -> pd.DataFrame:
    with session() as opened:
        return board_standings(opened, _board, as_of=as_of)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=4, show_spinner=False)
def _side_by_side(state: str, as_of: date | None) -> Overview:
    return overview({board: board_table(board, as_of) for board in _boards(state, as_of)})


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner=False)
def _paper_rows(state: str, protocol: str) -> list[ClaimRow]:
    with session() as opened:
        return claim_rows(known_claims(opened), protocol)
