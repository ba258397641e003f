"""Page configuration and the menu; nothing else."""

from pathlib import Path

import streamlit as st

from leaderboard import behind, data, troubles

# A file of our own: named icons and emoji would be fetched from elsewhere by the viewer's browser.
ICON = Path(__file__).with_name("icon.png")
# The views in the order of the menu, by file name, which is the page's address too. (Words in comments: Streamlit would
# show a text that stands alone.)
PAGES = {
    "board": "Board",
    "scene_object": "Scene vs object",
    "entry": "Entry",
    "compare": "Compare",
    "seeds": "Seeds",
    "drivers": "What drives it",
    "audit": "Audit",
    "submit": "Submit",
    "queue": "Queue",
    "about": "About",
}
# Pages that make sense only with something chosen elsewhere.
HIDDEN = frozenset({"entry"})

st.set_page_config(page_title="Rematch", page_icon=str(ICON), layout="wide")
st.html(Path(__file__).with_name("board.css"))
page = st.navigation(
    [
        st.Page(
            f"views/{name}.py",
            title=title,
            url_path=name,
            default=name == "board",
            visibility="hidden" if name in HIDDEN else "visible",
        )
        for name, title in PAGES.items()
    ],
    position="top",
)
data.began()
with troubles.told():
    page.run()
    behind.draw()
