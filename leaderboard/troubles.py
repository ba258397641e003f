"""What a visitor reads when a page cannot be shown: the reason where the operator is the visitor, else what to do."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from leaderboard.components import text
from splits.errors import RematchError
from submissions.errors import DatabaseError, SettingsError

logger = logging.getLogger(__name__)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
TO_VISITORS = (
    "The records of this board cannot be read at the moment. Nothing is lost; try again in a minute. Its operator finds"
    " the reason in the board's log, and by: rematch doctor"
)


@contextmanager
def told() -> Iterator[None]:
    """Draw an error in words where it happens: around a page, and around each part that refreshes itself."""
    try:
        yield
    except RematchError as error:
        draw(error)


def draw(error: RematchError) -> None:
    """Draw an error in words; what names servers, folders and settings is for the log, unless the board is local."""
    ours = isinstance(error, DatabaseError | SettingsError)
    if ours:
        logger.error("%s", error)
    is_local = st.get_option("server.address") in LOOPBACK
    words = TO_VISITORS if ours and not is_local else str(error)
    st.html(f'<div class="message" role="alert">{text(words)}</div>')
