"""Cached readers: the only way from a page to the database.

What a board shows is cached under the state of the stored results, so a new result is seen at the next visit and
nothing is computed twice in between. Only a table that takes long to rank is shown as it was until it is ranked anew;
what is derived from tables is cached under the states of these.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from leaderboard.board_claims import ClaimRow, claim_rows
from leaderboard.fresh import Fresh, Shown, State
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
# Apart, as there are as many as days: what somebody looks for in the past neither delays nor displaces the present.
_tables_then: Fresh[pd.DataFrame] = Fresh(most=16)


def boards(as_of: date | None = None) -> list[BoardKey]:
    """List the boards that have results, fullest first; those of the end of a day if one is named."""
    return _boards(state(), as_of)


def board_table(board: BoardKey, as_of: date | None = None) -> pd.DataFrame:
    """Read the rows of one board; they are shared by all visitors, and not to be changed."""
    return shown_table(board, as_of).found


def board_tables(boards: Iterable[BoardKey]) -> dict[BoardKey, pd.DataFrame]:
    """Read the rows of several boards; see `board_table`."""
    return {board: shown.found for board, shown in _shown_tables(boards, None).items()}


def shown_table(board: BoardKey, as_of: date | None = None) -> Shown[pd.DataFrame]:
    """Read the rows of one board, with the state that they are of."""
    return _shown_tables([board], as_of)[board]


def _shown_tables(boards: Iterable[BoardKey], as_of: date | None) -> dict[BoardKey, Shown[pd.DataFrame]]:
    now, asked = _now(), [_Asked.of(board, as_of) for board in boards]
    # All are begun before one is waited for: patience is had once, however many there are.
    for one in asked:
        one.tables.begin(one.key, now, one.read)
    found = {}
    for one in asked:
        found[one.board] = shown = one.tables.get(one.key, now, one.read)
        if not shown.is_fresh:
            _page().setdefault("waits for", []).append((one, now))
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A table that is asked for."""

    board: BoardKey
    as_of: date | None
    tables: Fresh[pd.DataFrame]
    key: tuple[object, ...]

    @classmethod
    def of(cls, board: BoardKey, as_of: date | None) -> "_Asked":
        # The end of today, and of every later day, is now.
        day = as_of if as_of and as_of < datetime.now(UTC).date() else None
        key = (database.safe_url(), board.protocol, board.version, board.split_digest, day)
        return cls(board, day, _tables_then if day else _tables, key)

    def read(self) -> pd.DataFrame:
        with session() as opened:
            return board_standings(opened, self.board, as_of=self.as_of)


def warm_up() -> None:
    """Rank all boards, so that the first visitor need not wait for it; needs no page.

    Raises:
        DatabaseError: The records cannot be read, are of another version, or are being migrated.
    """
    ready()
    with session() as opened:
        known = board_query.board_keys(opened)
    for board in known:
        # Ranking takes its time: what came in meanwhile counts.
        one, now = _Asked.of(board, None), _read_state()
        one.tables.get(one.key, now, one.read)


def side_by_side(as_of: date | None = None) -> Overview:
    """Read all boards beside each other."""
    shown = _shown_tables(boards(as_of), as_of)
    states = [(board.protocol, board.version, board.split_digest, one.state) for board, one in shown.items()]
    return _side_by_side(tuple(states), as_of, {board: one.found for board, one in shown.items()})


def began() -> None:
    """Say that a page is drawn from here on: all of it from one state of the records."""
    st.session_state[_PAGE] = {}


def is_behind() -> bool:
    """Whether the page shows a table of an earlier state, because the present one is being ranked."""
    return "waits for" in _page()


def may_follow() -> bool:
    """Whether all tables that the page waits for are there now, or cannot be had."""
    return all(one.tables.is_settled(one.key, state) for one, state in _page().get("waits for", []))


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
    return _now().name


def _now() -> State:
    """Return the state that the page is drawn from."""
    page = _page()
    if "state" not in page:
        ready()
        page["state"] = _read_state()
    known: State = page["state"]
    return known


def _read_state() -> State:
    # The moment is taken before: what comes in while it is read belongs to a later state.
    moment = time.monotonic()
    with session() as opened:
        return State(f"{database.safe_url()} {board_query.state_of_results(opened)}", moment)


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
def _paper_rows(state: str, protocol: str) -> list[ClaimRow]:
    with session() as opened:
        return claim_rows(known_claims(opened), protocol)
