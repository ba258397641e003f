"""The controls of the board: what to filter by, and what to show; every one of them is in the address."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from leaderboard.address import DAY, EARLIEST, LATEST, read_day, read_size, say_unknown, say_unread
from leaderboard.board_columns import ABOUT, Shown, shown_columns
from leaderboard.overview import Numbers
from leaderboard.selection import Selection, data_names, interaction_names, orders
from leaderboard.selection_words import filter_words
from leaderboard.standings import metric_columns
from submissions.traits_query import Evidence

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

ALL_SETTINGS = "all settings"
FILTERS: Mapping[str, Any] = {
    "setting": ALL_SETTINGS,
    "search": "",
    "parameters-from": None,
    "parameters-to": None,
    "pretraining": [],
    "interaction": [],
    "evidence": [],
    "verified": False,
}
"""The keys of what leaves rows out, with what leaves out none."""
_FOLDED = ("parameters-from", "parameters-to", "pretraining", "interaction", "evidence", "verified")
_VIEW: Mapping[str, Any] = {
    "order": "rank",
    "reverse": False,
    "numbers": [],
    "about": [],
    "intervals": True,
    "claims": False,
    DAY: None,
}
"""The keys of what is shown, with what is shown if nobody chooses."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of the rows."""

    shown: Shown
    intervals: bool
    claims: bool


def choose_rows(table: pd.DataFrame, messages: "DeltaGenerator") -> Selection:
    """Draw the filters: the common ones in the row, the others in a popover.

    Args:
        table: The rows that are filtered.
        messages: Where it is said what the address has wrong.
    """
    settings = [ALL_SETTINGS, *sorted(table["setting"].unique())]
    say_unknown(messages, "setting", settings, "setting")
    setting = st.selectbox("Setting", settings, key="setting", bind="query-params", width=190)
    words = st.text_input("Search", key="search", bind="query-params", type="search", width=220)
    chosen = Selection(setting=None if setting == ALL_SETTINGS else setting, words=words or "")
    with folded("Filters", ":material/filter_list:", {key: FILTERS[key] for key in _FOLDED}) as is_drawn:
        if not is_drawn:
            return chosen
        smallest, largest = _sizes(messages)
        return replace(
            chosen,
            smallest=smallest,
            largest=largest,
            data=_several("Pre-training data", "pretraining", data_names(table), messages),
            interactions=_several("Interaction", "interaction", interaction_names(table), messages),
            evidence=_several("Evidence", "evidence", [one.value for one in Evidence], messages),
            is_verified=st.toggle(
                "Verified only",
                key="verified",
                bind="query-params",
                help="Claims about the system came back in audits.",
            ),
        )


@contextmanager
def folded(label: str, icon: str, defaults: Mapping[str, Any]) -> Iterator[bool]:
    """Draw a popover whose controls are drawn only while it is open, or while one of them says something.

    A browser takes a quarter of its time for a page to lay out controls that nobody sees.

    Args:
        label: On its button.
        icon: Beside it.
        defaults: The keys of its controls, with what says nothing.
    """
    popover = st.popover(label, icon=icon, key=f"{label.lower()}-open", on_change="rerun")
    says_something = any(
        key in st.query_params or st.session_state.get(key, nothing) != nothing for key, nothing in defaults.items()
    )
    with popover:
        yield bool(popover.open) or says_something


def choose_how(table: pd.DataFrame, messages: "DeltaGenerator") -> tuple[str, bool, View]:
    """Draw by what rows are sorted, whether the other way round, and what is shown of them."""
    with folded("View", ":material/tune:", _VIEW) as is_drawn:
        if not is_drawn:
            return "rank", False, View(Shown(tuple(shown_columns(table))), intervals=True, claims=False)
        order, is_reversed = choose_order(table, messages)
        view = choose_view(table, messages)
        choose_day(messages)
    return order, is_reversed, view


def _sizes(messages: "DeltaGenerator") -> tuple[float | None, float | None]:
    for key in ("parameters-from", "parameters-to"):
        say_unread(messages, key, read_size, "a number of millions from 0")
    st.caption("Parameters in millions; systems of unknown size are left out")
    with st.container(horizontal=True):
        low = st.number_input("From", 0.0, value=None, key="parameters-from", bind="query-params", format="%g")
        high = st.number_input("Up to", 0.0, value=None, key="parameters-to", bind="query-params", format="%g")
    return low, high


def _several(label: str, key: str, known: list[str], messages: "DeltaGenerator") -> tuple[str, ...]:
    say_unknown(messages, key, known, label.lower())
    return tuple(st.multiselect(label, known, key=key, bind="query-params", placeholder="any"))


def choose_order(table: pd.DataFrame, messages: "DeltaGenerator") -> tuple[str, bool]:
    """Draw by what rows are sorted, and which way round."""
    known = list(orders(table))
    say_unknown(messages, "order", list(map(order_words, known)), "column")
    order = st.selectbox("Sort by", known, key="order", bind="query-params", format_func=order_words)
    return order, st.toggle("The other way round", key="reverse", bind="query-params")


def order_words(name: str) -> str:
    """Name a column as the list of orders and the address do."""
    return ABOUT[name].lower() if name in ABOUT else name


def choose_view(table: pd.DataFrame, messages: "DeltaGenerator") -> View:
    """Draw which columns are shown, and what beside the means."""
    numbers = metric_columns(table)
    say_unknown(messages, "numbers", numbers, "column")
    chosen = st.multiselect("Numbers", numbers, key="numbers", bind="query-params", placeholder="as papers print them")
    say_unknown(messages, "about", list(ABOUT.values()), "column")
    about = st.multiselect(
        "About the systems",
        list(ABOUT),
        key="about",
        bind="query-params",
        format_func=ABOUT.__getitem__,
        placeholder="none",
    )
    intervals = st.toggle("95 % intervals", value=True, key="intervals", bind="query-params")
    claims = st.toggle("Numbers from papers †", key="claims", bind="query-params", help="As printed, never ranked.")
    columns = Shown(tuple(shown_columns(table, chosen)), tuple(name for name in ABOUT if name in about))
    return View(columns, intervals, claims)


def choose_numbers(messages: "DeltaGenerator") -> Numbers:
    """Draw which numbers of all boards stand beside each other."""
    known = [one.value for one in Numbers]
    say_unknown(messages, "show", known, "choice of numbers")
    chosen = st.segmented_control(
        "Numbers", known, default=known[0], key="show", bind="query-params", required=True, label_visibility="collapsed"
    )
    return Numbers(chosen or known[0])


def choose_day(messages: "DeltaGenerator") -> None:
    """Draw as of which day boards are shown; what is chosen is read before it is drawn."""
    say_unread(messages, DAY, read_day, f"a day as YYYY-MM-DD from {EARLIEST} to {LATEST}")
    st.date_input("As of the end of (UTC)", None, EARLIEST, LATEST, key=DAY, bind="query-params", format="YYYY-MM-DD")


def say_filters(chosen: Selection, *, n_rows: int, n_all: int) -> None:
    """Say which filters are on and how many rows they leave, with a way to clear them."""
    words = filter_words(chosen)
    if not words:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{n_rows:,} of {n_all:,} submissions: :gray[{' · '.join(map(_plain, words))}]", width="content")
        st.button("Clear filters", key="clear", on_click=_clear, type="tertiary")


def _plain(words: str) -> str:
    """Keep what a viewer typed from becoming Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+-.!|<>$:~" else sign for sign in words)


def _clear() -> None:
    for key, nothing in FILTERS.items():
        st.session_state[key] = nothing
