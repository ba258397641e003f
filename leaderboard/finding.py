"""One finding on a page: a title, a sentence with the numbers, a picture of it, and the same numbers as a table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from leaderboard.components import text
from leaderboard.frame import downloads, note, picture
from leaderboard.listing import Column, listing_html, listing_writers

if TYPE_CHECKING:
    import altair as alt

FEW_ROWS = 12
"""A longer table is folded away at first."""
MOST_ROWS = 100
"""More are not read on a page."""


def say(finding: str, more: str = "") -> None:
    """Draw a sentence that stands out, and what else must be known of it."""
    st.html(f'<p class="finding"><b>{text(finding)}</b> {text(more)}</p>')


def show_finding(
    name: str,
    title: str,
    sentence: str,
    chart: "alt.TopLevelMixin",
    *,
    rows: pd.DataFrame,
    columns: Sequence[Column],
    facts: Mapping[str, Any],
    more: str = "",
) -> None:
    """Draw one finding with its picture and its numbers, both offered as files.

    Args:
        name: Of the files, without their endings.
        title: The question.
        sentence: The answer with its numbers; those who cannot see the picture are told it.
        chart: The picture.
        rows: The numbers in the picture.
        columns: How they are shown.
        facts: What makes the numbers comparable.
        more: What else must be known of the answer.
    """
    st.html(f'<h2 class="question">{text(title)}</h2>')
    say(sentence, more)
    picture(chart, name, f"{title}: {sentence}")
    with st.expander("The numbers", expanded=len(rows) <= FEW_ROWS):
        st.html(listing_html(rows.head(MOST_ROWS), columns, f"{title}: the numbers"))
        if len(rows) > MOST_ROWS:
            note(f"The first {MOST_ROWS} of {len(rows):,} rows; the files hold all.")
        downloads(f"{name}-table", listing_writers(rows, columns, facts))
