"""Page configuration and the menu; nothing else."""

from pathlib import Path

import streamlit as st

from leaderboard.components import text
from splits.errors import RematchError

# A file of our own: named icons and emoji would be fetched from elsewhere by the viewer's browser.
ICON = Path(__file__).with_name("icon.png")
st.set_page_config(page_title="Rematch", page_icon=str(ICON), layout="wide")
st.html(Path(__file__).with_name("board.css"))
pages = [
    st.Page("views/board.py", title="Board", icon=":material/leaderboard:", default=True),
    st.Page("views/entry.py", title="Entry", url_path="entry", visibility="hidden"),
]
page = st.navigation(pages, position="top")
try:
    page.run()
except RematchError as error:
    st.html(f'<div class="message">{text(error)}</div>')
