"""Opens pages of the board without a browser."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from submissions import database

LEADERBOARD = Path(__file__).resolve().parents[3] / "leaderboard"


def opened(path: Path, **parameters: str) -> AppTest:
    """Run a page once, with an address that has these parameters."""
    app = AppTest.from_file(str(path), default_timeout=120)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def words_of(app: AppTest) -> str:
    """Return all HTML that a page drew."""
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def shown(path: Path, **parameters: str) -> tuple[AppTest, str]:
    """Run a page that must not fail; gives it with all HTML that it drew."""
    app = opened(path, **parameters)
    assert not app.exception
    return app, words_of(app)


def show_database(url: str, patch: pytest.MonkeyPatch) -> None:
    """Let pages be over another database, as a process that was just started would find it."""
    database.forget_connections()
    st.cache_data.clear()
    st.cache_resource.clear()
    patch.setenv("REMATCH_DATABASE_URL", url)
