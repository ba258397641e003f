"""What every page of the board has: a head, the source of its numbers, pictures, downloads, words where nothing is."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from leaderboard.components import short_digest, text
from submissions.board_query import BoardKey

if TYPE_CHECKING:
    import altair as alt

TYPES = {
    "csv": ("CSV", "text/csv"),
    "json": ("JSON", "application/json"),
    "tex": ("LaTeX", "application/x-tex"),
    "svg": ("SVG", "image/svg+xml"),
    "png": ("PNG", "image/png"),
}
"""What files are called on their buttons, and what they are, by ending."""


def head(title: str, lead: str) -> None:
    """Draw the title of a page and one sentence that says what it answers."""
    st.html(f'<div class="lead"><h1>{text(title)}</h1><p>{text(lead)}</p></div>')


def stated(board: BoardKey, *more: str) -> None:
    """Say where the numbers of a page come from: protocol, version, split with its digest, and when it was last scored.

    Args:
        board: Whose numbers they are.
        more: Further facts as words.
    """
    facts = [
        f"{text(board.protocol)} version {board.version} on {text(board.split)}",
        f"{board.n_images or 0:,} images × {board.n_captions or 0:,} captions",
        *map(text, more),
        f"split {short_digest(board.split_digest)}",
    ]
    st.html(f'<p class="note">{" · ".join(facts)}</p>')


def note(words: str) -> None:
    """Draw a remark below what it is about."""
    st.html(f'<p class="note">{text(words)}</p>')


def empty(words: str, command: str = "") -> None:
    """Say that there is nothing yet, and what to do about it."""
    st.html(f'<p class="empty" role="status">{text(words)}</p>')
    if command:
        st.code(command, language="bash", wrap_lines=True)


def downloads(name: str, writers: "Mapping[str, Callable[[], str | bytes]]") -> None:
    """Offer files of exactly what is shown; each is written when it is asked for.

    Args:
        name: The file's name without its ending.
        writers: By ending; see `TYPES`.
    """
    with st.container(horizontal=True):
        for ending, write in writers.items():
            label, kind = TYPES[ending]
            st.download_button(label, write, f"{name}.{ending}", kind, on_click="ignore", key=f"{name}.{ending}")


def picture(chart: "alt.TopLevelMixin", name: str, alt_text: str) -> None:
    """Draw a chart as wide as the page, with words for those who cannot see it, and offer it as SVG and PNG.

    Args:
        chart: From Altair, without a look of its own.
        name: The name of the files without their endings.
        alt_text: What the chart shows, in a sentence.
    """
    from leaderboard.charts import INK, as_png, as_svg, styled

    drawn = styled(chart)
    # The chart as a whole has words here; its marks would be read out one by one, without any.
    on_page = drawn.configure_text(color=INK[st.context.theme.type or "light"]).configure_mark(aria=False)
    st.altair_chart(on_page, width="stretch", theme="streamlit", alt=alt_text)
    downloads(name, {"svg": lambda: as_svg(drawn), "png": lambda: as_png(drawn)})
