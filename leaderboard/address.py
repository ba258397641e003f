"""What the address of a page asks for, where a control cannot tell: unknown values, and the same view as a link."""

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

import streamlit as st

from leaderboard.components import text

DAY = "as-of"


def asked_day() -> date | None:
    """Return the day as of which boards are wanted, before its control is drawn; None is now."""
    if DAY in st.session_state:
        chosen: date | None = st.session_state[DAY]
        return chosen
    try:
        return date.fromisoformat(st.query_params.get(DAY, ""))
    except ValueError:
        return None


def say_unknown(key: str, known: Sequence[str], what: str) -> None:
    """Say which values of the address there are not, before the control that drops them is drawn.

    Args:
        key: The key of the address.
        known: The values there are.
        what: What the values are, as a word.
    """
    for value in st.query_params.get_all(key):
        if value and value not in known:
            st.html(
                f'<p class="message" role="status">There is no {text(what)} {text(repr(value[:80]))} here, as the'
                " address asks for. It is left out.</p>"
            )


def link_with(words: str, **changes: str | None) -> str:
    """Link to the same view with some keys of the address changed; None leaves one out."""
    query = {key: st.query_params.get_all(key) for key in st.query_params if key not in changes}
    query |= {key: [value] for key, value in changes.items() if value is not None}
    return f'<a href="?{text(urlencode(query, doseq=True))}" target="_self">{text(words)}</a>'
