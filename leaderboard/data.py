"""Cached readers: the only way from a page to the database.

What a board shows is cached under the state of the stored results, so a new result is seen at the next visit and
nothing is computed twice in between. A table that takes long to rank is shown as it was until it is ranked anew; what
is derived from tables is cached under the states of these.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st
from sqlmodel import Session

from leaderboard.board_claims import ClaimRow, claim_rows
from leaderboard.fresh import Fresh, Shown
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
# In the state of a visit: what is known of the page that is drawn.
_PAGE = "page that is drawn"
_tables: Fresh[pd.DataFrame] = Fresh(most=32)


def boards(as_of: date | None = None) -> list[BoardKey]:
    """List the boards that have results, fullest first; those of the end of a day if one is named."""
    return _boards(state(), as_of)


def board_table(board: BoardKey, as_of: date | None = None) -> pd.DataFrame:
    """Read the rows of one board; they are shared by all visitors, and not to be changed."""
    return shown_table(board, as_of).found


def shown_table(board: BoardKey, as_of: date | None = None) -> Shown[pd.DataFrame]:
    """Read the rows of one board, with the state that they are of."""
    shown = _table(state(), board, as_of)
    if not shown.is_fresh:
        _page()["is behind"] = True
    return shown


def warm_up() -> None:
    """Rank all boards, so that the first visitor need not wait for it; needs no page.

    Raises:
        DatabaseError: The records cannot be read, are of another version, or are being migrated.
    """
    ready()
    with session() as opened:
        now, known = _state(opened), board_query.board_keys(opened)
    for board in known:
        _table(now, board, None)


def _table(now: str, board: BoardKey, as_of: date | None) -> Shown[pd.DataFrame]:
    def read() -> pd.DataFrame:
        with session() as opened:
            return board_standings(opened, board, as_of=as_of)

    key = (database.safe_url(), board.protocol, board.version, board.split_digest, as_of)
    return _tables.get(key, now, read)


def side_by_side(as_of: date | None = None) -> Overview:
    """Read all boards beside each other."""
    shown = {board: shown_table(board, as_of) for board in boards(as_of)}
    states = [(board.protocol, board.version, board.split_digest, one.state) for board, one in shown.items()]
    return _side_by_side(tuple(states), as_of, {board: one.found for board, one in shown.items()})


def began() -> None:
    """Say that a page is drawn from here on: all of it from one state of the records."""
    st.session_state[_PAGE] = {}


def is_behind() -> bool:
    """Whether the page shows a table of an earlier state, because the present one is being ranked."""
    return "is behind" in _page()


def is_ranking() -> bool:
    """Whether a table is being ranked."""
    return _tables.is_working()


def last_scored(board: BoardKey) -> str:
    """Say when the newest result of a board was scored, for the line that states where numbers come from."""
    newest = _last_finished(state(), board.protocol, board.version, board.split_digest, board)
    return "date of scoring not known" if newest is None else f"last scored {newest:%Y-%m-%d}"


def paper_rows(board: BoardKey) -> list[ClaimRow]:
    """Read what papers print about the protocol of a board."""
    return _paper_rows(state(), board.protocol)


def queue() -> QueueState:
    """Read what waits, runs, failed and was done lately; never cached, because people watch it."""
    ready()
    with session() as opened:
        return read_queue(opened)


def queue_parts() -> dict[str, Part]:
    """Count what waits, runs, failed and was done lately; never cached either."""
    with session() as opened:
        return count_parts(opened)


def entry(submission_id: UUID) -> Entry | None:
    """Read everything about one public submission; never cached, because people watch it change."""
    ready()
    with session() as opened:
        found = read_entry(opened, submission_id)
    return None if found is None or found.is_private else found


def state() -> str:
    """Name the database and the state it is in: the key under which everything is cached.

    Raises:
        DatabaseError: It cannot be read, is of another version, or is being migrated.
    """
    page = _page()
    if "state" not in page:
        ready()
        with session() as opened:
            page["state"] = _state(opened)
    known: str = page["state"]
    return known


def _state(opened: Session) -> str:
    return f"{database.safe_url()} {board_query.state_of_results(opened)}"


def ready() -> None:
    """Make sure that the records can be read: an embedded database gets its tables, another must have been migrated."""
    database.refuse_while_migrated()
    database.prepare()


def _page() -> dict[str, Any]:
    """What is known of the page that is drawn; nothing, and nothing is kept, outside of one."""
    found: dict[str, Any] = st.session_state.get(_PAGE, {})
    return found


@st.cache_data(ttl=KEPT_SECONDS, max_entries=4, show_spinner=False)
def _boards(state: str, as_of: date | None) -> list[BoardKey]:
    with session() as opened:
        return board_query.board_keys(opened, as_of=as_of)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=4, show_spinner=False)
def _side_by_side(
    states: tuple[tuple[str, int, str, str], ...], as_of: date | None, _tables: Mapping[BoardKey, pd.DataFrame]
) -> Overview:
    return overview(_tables)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner=False)
def _last_finished(state: str, protocol: str, version: int, split_digest: str, _board: BoardKey) -> datetime | None:
    with session() as opened:
        return board_query.last_finished(opened, _board)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner=False)
def _paper_rows(state: str, protocol: str) -> list[ClaimRow]:
    with session() as opened:
        return claim_rows(known_claims(opened), protocol)
