"""A board whose records cannot be read says so, to visitors without the names of servers and folders."""

import logging
import sqlite3

import pytest
import streamlit as st

from leaderboard.troubles import TO_VISITORS
from submissions import database
from tests.unit.leaderboard.app_pages import LEADERBOARD, show_database, shown


def opened(**parameters):
    return shown(LEADERBOARD / "app.py", **parameters)[1]


@pytest.fixture
def use(monkeypatch):
    """Let the board be over another database, and forget what was cached of it."""

    return lambda url: show_database(url, monkeypatch)


@pytest.fixture
def damaged(tmp_path, use):
    path = tmp_path / "damaged.db"
    path.write_bytes(b"no database" * 500)
    use(f"sqlite:///{path}")
    return path


def listen_on(address, monkeypatch):
    get_option = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: address if name == "server.address" else get_option(name))


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1"])
def test_on_the_operators_own_machine_the_reason_is_shown(damaged, monkeypatch, address):
    listen_on(address, monkeypatch)
    page = opened()
    assert f"{damaged} is no SQLite database, or is damaged" in page
    assert "put your last copy in the place" in page


@pytest.mark.parametrize("address", ["0.0.0.0", None, "board.example"])  # noqa: S104  # nothing listens
def test_visitors_read_what_to_do_and_the_log_has_the_reason(damaged, monkeypatch, caplog, address):
    listen_on(address, monkeypatch)
    with caplog.at_level(logging.ERROR, logger="leaderboard.troubles"):
        page = opened()
    assert TO_VISITORS.split("'")[0] in page
    assert str(damaged) not in page
    assert str(damaged) in caplog.text


def test_a_database_of_a_newer_version_is_left_alone(tmp_path, use, monkeypatch):
    path = tmp_path / "newer.db"
    use(f"sqlite:///{path}")
    database.migrate()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    use(f"sqlite:///{path}")
    listen_on("localhost", monkeypatch)
    assert "Is it of a newer version of Rematch?" in opened()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


def test_the_board_needs_no_right_to_write(tmp_path, use, add_submission, monkeypatch):
    add_submission("CCA", [0.5, 0.52])
    path = database.get_engine().url.database
    use(f"sqlite:///file:{path}?mode=ro&uri=true")
    page = opened(tab="Scene")
    assert "CCA" in page
    assert "<b>51.0</b>" in page
