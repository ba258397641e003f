"""The queue says what waits, runs, failed and was done, and names nothing private."""

import re

import pytest

from leaderboard.durations import ago, lasted
from leaderboard.queue_page import line_html
from submissions import database, queue_query
from submissions.queue_query import count_parts, read_queue
from submissions.queue_state import Part
from submissions.tables import Queue, Status, now
from tests.queued_evaluations import add_evaluations
from tests.unit.leaderboard.app_pages import LEADERBOARD, shown


def read():
    with database.session() as session:
        return read_queue(session)


def drawn():
    return shown(LEADERBOARD / "views/queue.py")[1]


@pytest.mark.usefixtures("database_ready")
class TestReading:
    def test_places_count_everybody_in_the_order_of_their_coming(self):
        add_evaluations("later", Status.QUEUED, queued=30, n=2)
        add_evaluations("hidden", Status.QUEUED, queued=60, is_private=True)
        add_evaluations("first", Status.QUEUED, queued=90)
        assert [(one.whose.system, one.n, one.place) for one in read().waiting] == [("first", 1, 1), ("later", 2, 3)]

    def test_models_wait_in_a_line_of_their_own(self):
        add_evaluations("scores", Status.QUEUED, queued=90)
        add_evaluations("model", Status.QUEUED, queued=30, queue=Queue.MODELS)
        assert [one.place for one in read().waiting] == [1, 1]

    def test_what_is_tried_again_later_has_no_place_and_keeps_nobody_waiting(self):
        add_evaluations("postponed", Status.QUEUED, queued=90, not_before=-3600, message="Weights are missing.")
        add_evaluations("next", Status.QUEUED, queued=30)
        waiting = {one.whose.system: one for one in read().waiting}
        assert waiting["postponed"].place is None
        assert waiting["postponed"].message == "Weights are missing."
        assert waiting["next"].place == 1

    def test_private_evaluations_are_counted_and_not_listed(self):
        for status in (Status.QUEUED, Status.RUNNING, Status.FAILED, Status.SUCCEEDED):
            add_evaluations("hidden", status, finished=5, is_private=True)
        state = read()
        assert state.parts == dict.fromkeys(("waiting", "running", "failed", "done"), Part(1, 1))
        assert [*state.waiting, *state.running, *state.failed, *state.done] == []

    def test_the_oldest_may_be_private(self):
        add_evaluations("mine", Status.QUEUED, queued=30)
        present = now()
        add_evaluations("hidden", Status.QUEUED, queued=500, is_private=True, at=present)
        oldest = read().oldest
        assert oldest is not None
        assert (present - oldest).total_seconds() == 500

    def test_only_the_last_day_counts_as_done(self):
        add_evaluations("old", Status.SUCCEEDED, finished=25 * 3600)
        add_evaluations("new", Status.SUCCEEDED, finished=23 * 3600)
        assert [one.whose.system for one in read().done] == ["new"]

    def test_what_failed_stays_until_it_is_replaced(self):
        newer = add_evaluations("mended", Status.SUCCEEDED, finished=5)
        add_evaluations("replaced", Status.FAILED, finished=50, superseded_by=newer, message="wrong")
        add_evaluations("open", Status.FAILED, finished=9 * 24 * 3600, message="wrong", n=3)
        assert [(one.whose.system, one.n) for one in read().failed] == [("open", 3)]

    def test_long_lists_are_cut_and_counted(self, monkeypatch):
        monkeypatch.setattr(queue_query, "MOST_LINES", 2)
        for number in range(5):
            add_evaluations(f"system {number}", Status.QUEUED, queued=100 - number)
        state = read()
        assert [one.whose.system for one in state.waiting] == ["system 0", "system 1"]
        assert state.parts["waiting"].n == 5

    def test_the_board_counts_the_same(self):
        add_evaluations("waits", Status.QUEUED, n=2)
        with database.session() as session:
            assert count_parts(session) == read_queue(session).parts


class TestDrawing:
    def test_an_empty_queue_says_what_to_do(self, database_ready):
        assert "Nothing waits, nothing runs" in drawn()

    def test_it_names_place_progress_reason_and_durations(self, database_ready):
        progress = {"stage": "encoding images", "done": 30, "total": 120, "per_second": 7.5}
        add_evaluations("runner", Status.RUNNING, started=40, progress=progress, worker="secret-host:1")
        add_evaluations("waiter", Status.QUEUED, queued=200, message="Scoring waits for this board.", not_before=-90)
        add_evaluations("failure", Status.FAILED, finished=20, message="Expected 4 columns.", log_tail="secret log")
        add_evaluations("success", Status.SUCCEEDED, started=75, finished=50, n=2)
        page = drawn()
        assert '<progress value="30" max="120"' in page
        assert "encoding images 25 %, 7.5/s" in page
        assert "Scoring waits for this board. Not before" in page
        assert "Expected 4 columns." in page
        assert '2 runs</td><td class="words">25 s</td>' in page
        assert re.search(r"<b>[3-9] min( \d+ s)?</b>the oldest waits", page)
        assert "secret" not in page

    def test_private_ones_are_a_number(self, database_ready):
        add_evaluations("hidden system", Status.QUEUED, n=2, is_private=True)
        page = drawn()
        assert "2 private" in page
        assert "hidden system" not in page

    def test_a_hostile_name_stays_text(self, database_ready):
        add_evaluations("<img src=x>", Status.QUEUED, message="<script>")
        page = drawn()
        assert "<img" not in page
        assert "<script>" not in page

    def test_a_database_that_goes_away_is_words_also_when_the_page_refreshes_itself(self, monkeypatch, tmp_path):
        (tmp_path / "file").write_text("not a folder")
        monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/file/rematch.db")
        assert 'role="alert"' in drawn()

    def test_counts_of_other_pages_are_one_line_with_a_link(self):
        parts = {"waiting": Part(2, 1), "running": Part(1), "failed": Part(), "done": Part(9)}
        assert line_html(parts) == (
            '<p class="note"><a href="queue" target="_self">Queue</a>: 1 running, 2 waiting</p>'
        )
        assert line_html(dict.fromkeys(parts, Part())) == ""


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0.0 s"), (9.94, "9.9 s"), (60, "1 min"), (3_725, "1 h 2 min"), (90_000, "1 d 1 h")]
)
def test_durations_have_at_most_two_units(seconds, words):
    assert lasted(seconds) == words


def test_an_unknown_moment_is_a_dash():
    assert ago(None, now()) == "–"
