"""Cached readers: the only way from a page to the database.

What a board shows is cached under the state of the stored results, so a new result is seen at the next visit and
nothing is computed twice in between.
"""

from collections.abc import Mapping
from uuid import UUID

import pandas as pd
import streamlit as st

from leaderboard.board_runs import board_runs as read_runs
from leaderboard.board_runs import with_names
from leaderboard.overview import Overview, overview
from leaderboard.standings import board_standings
from leaderboard.transfer import Side, side_of_runs
from submissions import board_query, claim_query, database
from submissions.board_query import BoardKey, Unfinished
from submissions.claim_source import SourcedClaims
from submissions.database import session
from submissions.entry_query import Entry, read_entry
from submissions.shipped_claims import read_shipped

KEPT_SECONDS = 600


def boards() -> list[BoardKey]:
    """List the boards that have results, fullest first."""
    return _boards(_state())


def board_table(board: BoardKey) -> pd.DataFrame:
    """Read the rows of one board."""
    return _board_table(_state(), board.protocol, board.split_digest, board)


def board_runs(board: BoardKey) -> pd.DataFrame:
    """Read the single runs of one board."""
    return _board_runs(_state(), board.protocol, board.split_digest, board)


def board_sides(boards: Mapping[str, BoardKey]) -> list[Side]:
    """Average the systems of several boards by rsum, under names that are the same on all of them.

    Args:
        boards: By what they are called.
    """
    return _board_sides(_state(), tuple((label, board.split_digest) for label, board in boards.items()), boards)


def claim_sources() -> list[SourcedClaims]:
    """Read what all sources state: those that come with the project, and what was imported beside them."""
    _make_ready(database.safe_url())
    with session() as opened:
        stored = {one.record.name: str(one.record.id) for one in claim_query.listed_sources(opened)}
    return _claim_sources(database.safe_url(), {name: stored[name] for name in sorted(stored)})


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


@st.cache_data(ttl=KEPT_SECONDS, max_entries=16, show_spinner=False)
def _board_runs(state: str, protocol: str, split_digest: str, _board: BoardKey) -> pd.DataFrame:
    with session() as opened:
        return read_runs(opened, _board)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=16, show_spinner=False)
def _board_sides(state: str, names: tuple[tuple[str, str], ...], _boards: Mapping[str, BoardKey]) -> list[Side]:
    runs = with_names(*map(board_runs, _boards.values()))
    return [side_of_runs(label, own) for label, own in zip(_boards, runs, strict=True)]


@st.cache_resource(ttl=KEPT_SECONDS, max_entries=4, show_spinner=False)
def _claim_sources(url: str, stored: dict[str, str]) -> list[SourcedClaims]:
    """The names come with the ids of their newest versions, so that a new one is read."""
    shipped = list(read_shipped())
    names = {one.source.name for one in shipped}
    with session() as opened:
        others = [claim_query.claims_of(opened, name) for name in stored if name not in names]
    return [*shipped, *others]
