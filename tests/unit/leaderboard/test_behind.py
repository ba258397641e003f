"""While a board is ranked anew it is shown as it was, which it says, and nothing old is kept as new."""

import threading
import time

import pytest

from leaderboard import behind, board_server, data, fresh
from leaderboard.troubles import TO_VISITORS
from submissions.errors import DatabaseError
from tests.unit.leaderboard.app_pages import LEADERBOARD, opened, words_of

APP = LEADERBOARD / "app.py"


@pytest.fixture
def may_rank(monkeypatch):
    """Ranks are made only while it is set."""
    may, rank = threading.Event(), data.board_standings

    def ranked(*args, **kwargs):
        assert may.wait(60)
        return rank(*args, **kwargs)

    may.set()
    monkeypatch.setattr(data, "board_standings", ranked)
    yield may
    may.set()


@pytest.fixture
def fall_behind(may_rank, add_submission, monkeypatch):
    """Hand in VSE, while nothing can be ranked and nobody is patient."""

    def fall_behind():
        monkeypatch.setattr(fresh, "PATIENCE_SECONDS", 0.0)
        may_rank.clear()
        add_submission("VSE", [0.4])

    return fall_behind


def shown(**parameters):
    app = opened(APP, **parameters)
    assert not app.exception
    return words_of(app)


@pytest.mark.parametrize("tab", ["All", "Scene"])
def test_a_visitor_sees_the_board_before_and_then_the_board(tab, may_rank, fall_behind, add_submission, monkeypatch):
    add_submission("CCA", [0.5])
    assert behind.WORDS not in shown(tab=tab)
    fall_behind()
    page = shown(tab=tab)
    assert "CCA" in page
    assert "VSE" not in page
    assert behind.WORDS in page
    may_rank.set()
    monkeypatch.setattr(fresh, "PATIENCE_SECONDS", 60.0)
    page = shown(tab=tab)
    assert "VSE" in page
    assert behind.WORDS not in page


@pytest.fixture
def watched(may_rank, fall_behind, add_submission, monkeypatch):
    """A page that is behind, and that looks again once what it waits for has come to an end."""
    add_submission("CCA", [0.5])
    shown(tab="Scene")
    fall_behind()
    looks, may_follow = [], data.may_follow

    def look() -> bool:
        assert not may_follow()
        may_rank.set()
        deadline = time.monotonic() + 60
        while not may_follow():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        looks.append(time.monotonic())
        return True

    monkeypatch.setattr(data, "may_follow", look)
    return looks


def test_a_page_that_is_behind_follows_by_itself(watched):
    page = shown(tab="Scene")
    assert "VSE" in page
    assert behind.WORDS not in page
    assert len(watched) == 1


def test_a_board_that_cannot_be_ranked_is_an_error_and_not_tried_for_ever(watched, may_rank, monkeypatch):
    n = []

    def fails(*args, **kwargs):
        n.append(may_rank.wait(60))
        raise DatabaseError("The effects of images are damaged.")

    monkeypatch.setattr(data, "board_standings", fails)
    page = shown(tab="Scene")
    assert "The effects of images are damaged." in page or TO_VISITORS.split("'")[0] in page
    assert behind.WORDS not in page
    assert (len(watched), len(n)) == (1, 1)


def test_a_page_that_shows_no_board_is_never_behind(fall_behind, add_submission):
    add_submission("CCA", [0.5])
    shown(tab="Scene")
    fall_behind()
    app = opened(APP, tab="Scene")
    assert behind.WORDS in words_of(app)
    app.switch_page("views/about.py").run()
    assert behind.WORDS not in words_of(app)


def test_another_database_is_another_board(may_rank, add_submission, monkeypatch, tmp_path):
    from submissions import database

    add_submission("CCA", [0.5])
    assert "CCA" in shown(tab="Scene")
    monkeypatch.setattr(fresh, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/another.db")
    database.migrate()
    add_submission("VSE", [0.4])
    page = shown(tab="Scene")
    assert "VSE" in page
    assert "CCA" not in page


def test_boards_that_were_ranked_before_the_first_visit_are_not_ranked_for_it(may_rank, add_submission):
    add_submission("CCA", [0.5])
    board_server.rank_boards()
    may_rank.clear()
    assert "CCA" in shown(tab="Scene")


def test_records_that_cannot_be_read_are_no_reason_not_to_serve(monkeypatch, tmp_path, caplog):
    (tmp_path / "broken.db").write_bytes(b"no database" * 500)
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/broken.db")
    board_server.rank_boards()
    assert "could not be ranked before the first visit" in caplog.text
