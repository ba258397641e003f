"""The boards: all of them beside each other, and one protocol at a time for scenes and for objects."""

import pandas as pd
import streamlit as st

from leaderboard import data, exports
from leaderboard.board_table import ROWS_PER_PAGE, Look, board_html, overview_html, places, shown_columns
from leaderboard.frame import downloads, empty, head, note, stated
from leaderboard.overview import board_label, board_title
from leaderboard.queue_page import line_html
from leaderboard.selection import ORDERS, Selection, select_rows
from submissions.board_query import BoardKey

ALL_SETTINGS = "all settings"
NO_RESULTS = """#### No results yet
Hand in a first one, or let the demo make some:

```
rematch demo                          # two small boards, no download
rematch submit manifest.yaml          # your own scores
```"""


def draw_overview() -> None:
    """Draw the table of all boards."""
    found = data.side_by_side()
    st.html(
        '<p class="note">rsum on every board, mean ± std over seeds, with the rank there. Scene-centric boards stand'
        " on the left, object-centric ones on the right: read a row across to see whether the order survives.</p>"
    )
    st.html(overview_html(found, rows=_page(len(found.table))))


def draw_side(side: str) -> None:
    """Draw the board that is chosen on one side."""
    known = data.boards()
    boards = [board for board in known if board.centricity == side]
    if not boards:
        st.info(f"No results on {side}-centric data yet. `rematch splits list` names the splits there are.")
        return
    names = {board_label(board, known): board for board in boards}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Protocol", list(names), key=f"{side}-protocol", bind="query-params", width=300)
        board = names[label]
        table = data.board_table(board)
        settings = [ALL_SETTINGS, *sorted(table["setting"].unique())]
        setting = st.selectbox("Setting", settings, key="setting", bind="query-params", width=190)
        words = st.text_input("Search", key="search", bind="query-params", type="search", width=220)
        order, look = _look()
    chosen = Selection(None if setting == ALL_SETTINGS else setting, words or "", order)
    _draw_board(board, table, chosen, look)


def _look() -> tuple[str, Look]:
    with st.popover("View", icon=":material/tune:"):
        order = st.selectbox("Order by", ORDERS, key="order", bind="query-params")
        intervals = st.toggle("95 % intervals", value=True, key="intervals", bind="query-params")
        every_metric = st.toggle("All metrics", key="all-metrics", bind="query-params")
    return order, Look(intervals=intervals, every_metric=every_metric)


def _draw_board(board: BoardKey, table: pd.DataFrame, chosen: Selection, look: Look) -> None:
    rows = select_rows(table, chosen)
    note(board_title(board))
    stated(board, f"{len(table):,} submissions")
    if rows.empty:
        empty("No submission matches. Empty the search field or choose another setting.")
        return
    best = places(table, shown_columns(table, every_metric=look.every_metric))
    st.html(board_html(rows.iloc[_page(len(rows))], best, look))
    st.html(
        '<p class="note">Percent: mean ± sample std over seeds, below it the 95 % bootstrap interval over images.'
        " Bold is best, underlined second. A rank is 1 + the number of systems that are better by more than both"
        " kinds of noise, among all submissions of the board whatever is filtered.</p>"
    )
    writers = {
        "csv": lambda: exports.as_csv(rows),
        "json": lambda: exports.as_json(rows, board),
        "tex": lambda: exports.as_latex(rows),
    }
    downloads(f"{board.protocol}-v{board.version}", writers)


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
if data.boards():
    everything, scene, object_ = st.tabs(["All", "Scene", "Object"], key="tab", bind="query-params")
    if everything.open:
        with everything:
            draw_overview()
    for tab, side in ((scene, "scene"), (object_, "object")):
        if tab.open:
            with tab:
                draw_side(side)
else:
    st.markdown(NO_RESULTS)
draw_unfinished()
