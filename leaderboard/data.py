"""Cached readers: the only way from a page to the database.

What a board shows is cached under the state of the stored results, so a new result is seen at the next visit and
nothing is computed twice in between.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pandas as pd
import streamlit as st

from leaderboard.overview import Overview, overview
from leaderboard.standings import board_standings
from submissions import board_query, database
from submissions.board_query import BoardKey, Unfinished
from submissions.database import session
from submissions.entry_query import Entry, read_entry

if TYPE_CHECKING:
    from evaluator.audit.claim import Claim
    from submissions.audit_reading import ReadAudit

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


# The board does not wait for what only audits need: it is imported where it is called.
def audits() -> "dict[str, ReadAudit]":
    """Read every source of claims with what an audit finds of it; nothing is kept."""
    from submissions import audit_reading

    state = _state()
    with session() as opened:
        return _audits(state, f"{database.safe_url()} {audit_reading.state_of_audits(opened)}")


def can_explain(evaluations: Sequence[str]) -> bool:
    """Whether the scores behind some evaluations are stored and small enough to be tried while a visitor waits."""
    from submissions import audit_why

    with session() as opened:
        return bool(evaluations) and audit_why.can_wait(opened, evaluations)


def explanation(verdicts: Sequence[Mapping[str, Any]], claims: "Sequence[Claim]") -> dict[str, Any]:
    """Try stored scores in the other ways that papers use; see `can_explain` first."""
    said = tuple((claim.metric, claim.direction, claim.printed) for claim in claims)
    return _explanation(_state(), tuple(verdicts[0]["evaluations"]), said, verdicts, claims)


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


# Shared by all visitors as it is, and never changed: a copy for each would take longer than drawing the page.
@st.cache_resource(ttl=KEPT_SECONDS, max_entries=2, show_spinner="Looking at what sources print …")
def _looked_at(state_of_claims: str) -> "dict[str, ReadAudit]":
    from submissions import audit_reading

    with session() as opened:
        return audit_reading.read_audits(opened)


@st.cache_resource(ttl=KEPT_SECONDS, max_entries=2, show_spinner=False)
def _audits(state: str, state_of_claims: str) -> "dict[str, ReadAudit]":
    from submissions import audit_reading

    found = _looked_at(state_of_claims)
    with session() as opened:
        return audit_reading.held(opened, found)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner=False)
def _explanation(
    state: str,
    evaluations: tuple[str, ...],
    said: tuple[object, ...],
    _verdicts: Sequence[Mapping[str, Any]],
    _claims: "Sequence[Claim]",
) -> dict[str, Any]:
    from submissions import audit_why

    with session() as opened:
        return audit_why.why(opened, _verdicts, _claims)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=4, show_spinner=False)
def _side_by_side(state: str) -> Overview:
    return overview({board: board_table(board) for board in _boards(state)})
