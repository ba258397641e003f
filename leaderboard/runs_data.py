"""Cached readers of single runs and of what sources state, for pictures; see `leaderboard.data`."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from leaderboard.board_runs import board_runs as read_runs
from leaderboard.board_runs import with_names
from leaderboard.data import KEPT_SECONDS, state
from leaderboard.transfer import Side, side_of_runs
from submissions import claim_query, database
from submissions.board_query import BoardKey
from submissions.claim_source import SourcedClaims
from submissions.database import session
from submissions.shipped_claims import read_shipped


def board_runs(board: BoardKey) -> pd.DataFrame:
    """Read the single runs of one board."""
    return _board_runs(state(), board.protocol, board.version, board.split_digest, board)


def board_sides(boards: Mapping[str, BoardKey]) -> list[Side]:
    """Average the systems of several boards by rsum, under names that are the same on all of them.

    Args:
        boards: By what they are called.
    """
    named = tuple((label, board.protocol, board.version, board.split_digest) for label, board in boards.items())
    return _board_sides(state(), named, boards)


def claim_sources() -> list[SourcedClaims]:
    """Read what all sources state: those that come with the project, and what was imported beside them."""
    state()
    with session() as opened:
        stored = {one.record.name: str(one.record.id) for one in claim_query.listed_sources(opened)}
    return _claim_sources(database.safe_url(), {name: stored[name] for name in sorted(stored)})


@st.cache_data(ttl=KEPT_SECONDS, max_entries=16, show_spinner=False)
def _board_runs(state: str, protocol: str, version: int, split_digest: str, _board: BoardKey) -> pd.DataFrame:
    with session() as opened:
        return read_runs(opened, _board)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=16, show_spinner=False)
def _board_sides(
    state: str, named: tuple[tuple[str, str, int, str], ...], _boards: Mapping[str, BoardKey]
) -> list[Side]:
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
