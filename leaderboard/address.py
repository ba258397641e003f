"""What the address of a page asks for, where a control cannot tell: unknown values, and the same view as a link."""

from collections.abc import Callable, Sequence
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from leaderboard.components import text

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

DAY = "as-of"
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""The days that can be asked for."""


def asked_day() -> date | None:
    """Return the day as of which boards are wanted, before its control is drawn; None is now."""
    if DAY in st.session_state:
        chosen: date | None = st.session_state[DAY]
        return chosen
    try:
        return read_day(st.query_params.get(DAY, ""))
    except ValueError:
        return None


def read_day(written: str) -> date:
    """Read a day of the address.

    Raises:
        ValueError: It is none that can be asked for.
    """
    day = date.fromisoformat(written)
    if not EARLIEST <= day <= LATEST:
        raise ValueError
    return day


def read_size(written: str) -> float:
    """Read a number of parameters of the address.

    Raises:
        ValueError: It is no number from 0.
    """
    size = float(written)
    if not isfinite(size) or size < 0:
        raise ValueError
    return size


def say_unknown(where: "DeltaGenerator", key: str, known: Sequence[str], what: str) -> None:
    """Say which values of the address there are not, before the control that drops them is drawn.

    Args:
        where: Where it is said: some controls are out of sight.
        key: The key of the address.
        known: The values there are.
        what: What the values are, as a word.
    """
    for value in st.query_params.get_all(key):
        if value and value not in known:
            _say(where, f"There is no {what} {value[:80]!r} here, as the address asks for. It is left out.")


def say_unread(where: "DeltaGenerator", key: str, read: Callable[[str], object], what: str) -> None:
    """Say that a value of the address cannot be read, before the control that drops it is drawn.

    Args:
        where: Where it is said.
        key: The key of the address.
        read: Reads it, or raises a ValueError.
        what: What is expected, in words.
    """
    for value in st.query_params.get_all(key):
        try:
            if value:
                read(value)
        except ValueError:
            _say(where, f"The address says {key}={value[:80]!r}; expected {what}. It is left out.")


def _say(where: "DeltaGenerator", words: str) -> None:
    where.html(f'<p class="message" role="status">{text(words)}</p>')


def link_with(words: str, **changes: str | None) -> str:
    """Link to the same view with some keys of the address changed; None leaves one out."""
    query = {key: st.query_params.get_all(key) for key in st.query_params if key not in changes}
    query |= {key: [value] for key, value in changes.items() if value is not None}
    return f'<a href="?{text(urlencode(query, doseq=True))}" target="_self">{text(words)}</a>'
