"""The queue: what waits, runs, failed and was done lately; it refreshes itself."""

import streamlit as st

from leaderboard import data, troubles
from leaderboard.durations import exact
from leaderboard.frame import empty, head, note
from leaderboard.queue_page import EMPTY, done_html, failed_html, is_idle, running_html, summary_html, waiting_html

REFRESH_SECONDS = 5


@st.fragment(run_every=REFRESH_SECONDS)
def draw() -> None:
    """Draw the queue as it is now, again and again: only this part of the page."""
    with troubles.told():
        state = data.queue()
        if is_idle(state):
            empty(EMPTY, "rematch submit manifest.yaml")
        else:
            parts = (summary_html, running_html, waiting_html, failed_html, done_html)
            st.html(f'<div class="queued">{"".join(part(state) for part in parts)}</div>')
        note(f"As of {exact(state.at)}; refreshed every {REFRESH_SECONDS} seconds.")


head("Queue", "What was handed in and is not scored yet, and what was done in the last 24 hours.")
draw()
