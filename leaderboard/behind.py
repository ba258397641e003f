"""What a page says while it shows a board as it was, and how it comes to show the board as it is."""

import streamlit as st

from leaderboard import data

LOOK_SECONDS = 1
WORDS = "Newer results are being ranked. This is the board before them; it follows by itself."


def draw() -> None:
    """Say that the page is behind, if it is, and draw it anew when it need not be any more."""
    if data.is_behind():
        st.fragment(_watch, run_every=LOOK_SECONDS)()


def _watch() -> None:
    st.html(f'<p class="behind" role="status">{WORDS}</p>')
    if data.may_follow():
        st.rerun()
