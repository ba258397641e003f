"""Nobody waits for what was computed before, and everybody gets what is as soon as it is there."""

import threading
import time

import pytest

from leaderboard import fresh as module
from leaderboard.fresh import Fresh, Shown, State

DEADLINE = 30
FIRST, SECOND, THIRD, FOURTH = (State(str(number), float(number)) for number in range(1, 5))


@pytest.fixture
def patient():
    """Waits as long as a test may take: what it shows is fresh."""
    return Fresh(most=2, patience_seconds=DEADLINE)


@pytest.fixture
def hasty():
    """Waits for nothing that it has an earlier state of."""
    return Fresh(most=2, patience_seconds=0.0)


class Work:
    """Something to compute that ends when it is told to."""

    def __init__(self, result):
        self.may_end, self.began, self.result, self.n = threading.Event(), threading.Event(), result, 0

    def __call__(self):
        self.n += 1
        self.began.set()
        assert self.may_end.wait(DEADLINE)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def at_once(result):
    work = Work(result)
    work.may_end.set()
    return work


def settle(fresh, state, key="board"):
    deadline = time.monotonic() + DEADLINE
    while not fresh.is_settled(key, state):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_first_who_asks_waits_and_the_next_computes_nothing(hasty):
    work = at_once("one")
    assert hasty.get("board", FIRST, work) == Shown("one", "1", is_fresh=True)
    assert hasty.get("board", FIRST, work) == Shown("one", "1", is_fresh=True)
    assert work.n == 1


def test_what_is_quick_is_of_the_present_state(patient):
    patient.get("board", FIRST, at_once("one"))
    assert patient.get("board", SECOND, at_once("two")) == Shown("two", "2", is_fresh=True)


def test_what_takes_long_is_shown_as_it_was_and_computed_once(hasty):
    hasty.get("board", FIRST, at_once("one"))
    slow = Work("two")
    assert [hasty.get("board", SECOND, slow) for _ in range(3)] == [Shown("one", "1", is_fresh=False)] * 3
    assert not hasty.is_settled("board", SECOND)
    slow.may_end.set()
    settle(hasty, SECOND)
    assert hasty.get("board", SECOND, slow) == Shown("two", "2", is_fresh=True)
    assert slow.n == 1


def test_all_who_come_first_wait_for_one_computation(hasty):
    work, found = Work("one"), []
    threads = [
        threading.Thread(target=lambda: found.append(hasty.get("board", FIRST, work)), daemon=True) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    assert work.began.wait(DEADLINE)
    work.may_end.set()
    for thread in threads:
        thread.join(DEADLINE)
    assert found == [Shown("one", "1", is_fresh=True)] * 8
    assert work.n == 1


def test_a_failure_is_told_again_and_not_tried_again_for_a_while(hasty, monkeypatch, caplog):
    work = at_once(ValueError("gone"))
    for _ in range(3):
        with pytest.raises(ValueError, match="gone"):
            hasty.get("board", FIRST, work)
    assert work.n == 1
    assert "could not be computed" in caplog.text
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    assert hasty.get("board", FIRST, at_once("one")).found == "one"


def test_a_failure_that_came_after_something_old_was_shown_settles_it_and_is_told(hasty):
    hasty.get("board", FIRST, at_once("one"))
    slow = Work(ValueError("gone"))
    assert hasty.get("board", SECOND, slow).found == "one"
    slow.may_end.set()
    settle(hasty, SECOND)
    with pytest.raises(ValueError, match="gone"):
        hasty.get("board", SECOND, slow)
    assert slow.n == 1
    hasty.get("board", THIRD, at_once("three"))
    settle(hasty, THIRD)
    assert hasty.get("board", THIRD, at_once("never")).found == "three"


def test_of_many_states_in_a_row_those_in_between_are_never_computed(hasty):
    hasty.get("board", FIRST, at_once("one"))
    slow, between, last = Work("two"), at_once("three"), at_once("four")
    assert hasty.get("board", SECOND, slow).found == "one"
    assert slow.began.wait(DEADLINE)
    assert hasty.get("board", THIRD, between).found == "one"
    assert hasty.get("board", FOURTH, last).found == "one"
    slow.may_end.set()
    for state in (SECOND, THIRD, FOURTH):
        settle(hasty, state)
    assert hasty.get("board", FOURTH, last) == Shown("four", "4", is_fresh=True)
    assert between.n == 0


def test_whoever_comes_with_an_earlier_state_gets_the_later_one_and_displaces_nothing(hasty):
    hasty.get("board", THIRD, at_once("three"))
    earlier = at_once("two")
    assert hasty.get("board", SECOND, earlier) == Shown("three", "3", is_fresh=True)
    slow = Work("four")
    assert hasty.get("board", FOURTH, slow).found == "three"
    assert hasty.get("board", SECOND, earlier) == Shown("three", "3", is_fresh=True)
    slow.may_end.set()
    settle(hasty, FOURTH)
    assert hasty.get("board", FOURTH, slow).found == "four"
    assert earlier.n == 0


def test_an_earlier_state_that_is_done_late_takes_no_place(hasty):
    """As when a page that was begun long ago asks for the first time."""
    slow = Work("two")
    hasty.begin("board", SECOND, slow)
    assert slow.began.wait(DEADLINE)
    hasty.begin("board", THIRD, at_once("three"))
    slow.may_end.set()
    settle(hasty, THIRD)
    assert hasty.get("board", SECOND, slow) == Shown("three", "3", is_fresh=True)


def test_every_key_has_a_state_of_its_own_and_the_one_asked_for_longest_ago_goes(patient):
    for key in ("first", "second", "third"):
        assert patient.get(key, FIRST, at_once(key)) == Shown(key, "1", is_fresh=True)
    kept, forgotten = at_once("third"), at_once("first")
    patient.get("third", FIRST, kept)
    patient.get("first", FIRST, forgotten)
    assert (kept.n, forgotten.n) == (0, 1)


def test_a_key_is_settled_whatever_others_are_doing(hasty):
    hasty.get("quick", FIRST, at_once("quick"))
    slow = Work("slow")
    hasty.begin("slow", FIRST, slow)
    assert hasty.is_settled("quick", FIRST)
    assert not hasty.is_settled("slow", FIRST)
    slow.may_end.set()
    settle(hasty, FIRST, "slow")


def test_patience_counts_from_when_the_work_began_however_often_it_is_asked_for():
    fresh = Fresh(most=2, patience_seconds=1.0)
    fresh.get("board", FIRST, at_once("one"))
    slow, began = Work("two"), time.monotonic()
    assert [fresh.get("board", SECOND, slow).is_fresh for _ in range(30)] == [False] * 30
    # Thirty times the patience would be the wrong way.
    assert time.monotonic() - began < 20
    slow.may_end.set()
