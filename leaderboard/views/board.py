"""The boards: all of them beside each other, and one protocol at a time for scenes, objects and classes."""

from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from leaderboard import data, exports, overview_exports
from leaderboard.address import asked_day, link_with, say_unknown
from leaderboard.board_claims import ClaimRow, with_numbers
from leaderboard.board_controls import (
    View,
    choose_day,
    choose_how,
    choose_numbers,
    choose_rows,
    order_words,
    say_filters,
)
from leaderboard.board_table import ROWS_PER_PAGE, Look, board_html, places
from leaderboard.frame import downloads, empty, head, note, stated
from leaderboard.latex_table import as_latex
from leaderboard.overview import Numbers, board_label, board_title
from leaderboard.overview_table import overview_html
from leaderboard.queue_page import line_html
from leaderboard.selection import Selection, ascends, select_rows
from submissions.board_query import BoardKey

SIDES = {"Scene": "scene", "Object": "object", "Class-level": "class-level"}
NO_RESULTS = """#### No results yet
Hand in a first one, or let the demo make some:

```
rematch demo                          # two small boards, no download
rematch submit manifest.yaml          # your own scores
```"""
NO_CLASSES = (
    "No class-level protocol yet. Every protocol here asks for the very image or caption that belongs to a query;"
    " one that counts any candidate of the same class as relevant would be another task, and stand here."
)

NUMBERS = {
    Numbers.RANKED: "What every board is ranked on, with the rank there.",
    Numbers.FIRST: "R@1 of both directions on every board.",
    Numbers.PRINTED: "The numbers of every board as papers print them.",
}
SIDE_BY_SIDE = (
    "Scene-centric boards stand on the left, object-centric ones on the right: read a row across to see whether the"
    " order survives."
)


def draw_overview(known: list[BoardKey], day: date | None) -> None:
    """Draw the table of all boards."""
    messages = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        numbers = choose_numbers(messages)
        with st.popover("View", icon=":material/tune:"):
            choose_day(messages)
    if not known:
        say_nothing_yet(day)
        return
    found = data.side_by_side(day)
    note(f"{NUMBERS[numbers]} Percent, mean ± std over seeds. {SIDE_BY_SIDE}")
    if day:
        note(f"As of the end of {day} UTC.")
    st.html(overview_html(found, numbers, rows=_page(len(found.table))))
    writers = {
        "csv": lambda: overview_exports.as_csv(found, numbers),
        "json": lambda: overview_exports.as_json(found, numbers, as_of=day),
        "tex": lambda: overview_exports.as_latex(found, numbers),
    }
    downloads(f"boards{f'-{day}' if day else ''}", writers)


def draw_side(side: str, known: list[BoardKey], day: date | None) -> None:
    """Draw the board that is chosen on one side."""
    boards = [board for board in known if board.centricity == side]
    if not boards:
        _say_no_boards(side, day)
        return
    names = {board_label(board, known): board for board in boards}
    messages = st.container()
    say_unknown(messages, f"{side}-protocol", list(names), "board")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Protocol", list(names), key=f"{side}-protocol", bind="query-params", width=300)
        board = names[label]
        table = data.board_table(board, day)
        chosen = choose_rows(table, messages)
        order, is_reversed, view = choose_how(table, messages)
    _draw_board(board, table, replace(chosen, order=order, is_reversed=is_reversed), view, day)


def _say_no_boards(side: str, day: date | None) -> None:
    if side == "class-level":
        empty(NO_CLASSES, "rematch protocols list")
    elif day is not None:
        choose_day(st.container())
        say_nothing_yet(day)
    else:
        empty(f"No results on {side}-centric data yet. See which splits there are:", "rematch splits list")


def say_nothing_yet(day: date | None) -> None:
    """Say that there was no result by the end of a day."""
    empty(f"Nothing was here by the end of {day}. Choose a later day, or none for the board of today.")


def _draw_board(board: BoardKey, table: pd.DataFrame, chosen: Selection, view: View, day: date | None) -> None:
    rows = select_rows(table, chosen)
    papers = with_numbers(data.paper_rows(board), view.shown.numbers, chosen.words) if view.claims else []
    note(board_title(board))
    stated(board, f"{len(table):,} submissions", f"as of the end of {day} UTC" if day else _newest(table))
    say_filters(chosen, n_rows=len(rows), n_all=len(table))
    if rows.empty and not papers:
        empty("No submission matches. Clear the filters, or choose others.")
        return
    best = places(table, view.shown.numbers)
    look = Look(
        intervals=view.intervals,
        about=view.shown.about,
        claims=tuple(papers),
        sorted_by=chosen.order,
        ascends=ascends(chosen),
    )
    st.html(board_html(rows.iloc[_page(len(rows))], best, look, head=lambda *column: _sorting_head(chosen, *column)))
    if view.claims and not papers:
        note("No paper that is known here prints numbers for this protocol: rematch claims list.")
    st.html(
        '<p class="note">Percent: mean ± sample std over seeds; the 95 % bootstrap interval over images is below it or,'
        " when pointed at, beside it. Bold is best, underlined second. A rank is 1 + the number of systems that are"
        " better by more than both kinds of noise, among all submissions of the board whatever is filtered.</p>"
    )
    _offer(board, rows, view, papers, best, day)


def _newest(table: pd.DataFrame) -> str:
    return f"newest of {table['created'].max():%Y-%m-%d}"


def _sorting_head(chosen: Selection, name: str, words: str) -> str:
    """Draw the head of a column as a link that sorts by it, and the other way round where it is sorted by already."""
    is_chosen = name == chosen.order
    mark = f" {'▲' if ascends(chosen) else '▼'}" if is_chosen else ""
    turned = "true" if is_chosen and not chosen.is_reversed else None
    return link_with(f"{words}{mark}", order=None if name == "rank" else order_words(name), reverse=turned, page=None)


def _offer(
    board: BoardKey,
    rows: pd.DataFrame,
    view: View,
    papers: list[ClaimRow],
    best: dict[str, tuple[float, float]],
    day: date | None,
) -> None:
    writers = {
        "csv": lambda: exports.as_csv(rows, view.shown, papers),
        "json": lambda: exports.as_json(rows, board, view.shown, papers if view.claims else None, as_of=day),
        "tex": lambda: as_latex(rows, view.shown, papers, best),
    }
    downloads(f"{board.protocol}-v{board.version}{f'-{day}' if day else ''}", writers)


def _page(n_rows: int) -> slice:
    n_pages = -(-n_rows // ROWS_PER_PAGE)
    if n_pages < 2:
        return slice(None)
    number = min(st.pagination(n_pages, key="page", bind="query-params"), n_pages)
    return slice((number - 1) * ROWS_PER_PAGE, number * ROWS_PER_PAGE)


def draw_unfinished() -> None:
    """Count what is not on a board yet, so that nothing handed in seems lost."""
    line = line_html(data.queue_parts())
    if line:
        st.html(line)


head("Rematch", "Image-text retrieval, every number earned twice.")
asked = asked_day()
boards_then = data.boards(asked)
if boards_then or asked:
    everything, *sides = st.tabs(["All", *SIDES], key="tab", bind="query-params")
    if everything.open:
        with everything:
            draw_overview(boards_then, asked)
    for tab, side_shown in zip(sides, SIDES.values(), strict=True):
        if tab.open:
            with tab:
                draw_side(side_shown, boards_then, asked)
else:
    st.markdown(NO_RESULTS)
draw_unfinished()
