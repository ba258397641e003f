"""Nobody waits for what was computed before, and everybody gets what is as soon as it is there."""

import threading
import time

import pytest

from leaderboard.fresh import Fresh, Shown


@pytest.fixture
def fresh():
    return Fresh(most=2, patience_seconds=0.05)


class Work:
    """Something to compute that ends when it is told to."""

    def __init__(self, result):
        self.may_end, self.began, self.result, self.n = threading.Event(), threading.Event(), result, 0

    def __call__(self):
        self.n += 1
        self.began.set()
        assert self.may_end.wait(20)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def at_once(result):
    work = Work(result)
    work.may_end.set()
    return work


def test_the_first_who_asks_waits_and_the_next_computes_nothing(fresh):
    work = at_once("one")
    assert fresh.get("board", "1", work) == Shown("one", "1", is_fresh=True)
    assert fresh.get("board", "1", work) == Shown("one", "1", is_fresh=True)
    assert work.n == 1


def test_what_is_quick_is_of_the_present_state(fresh):
    fresh.get("board", "1", at_once("one"))
    assert fresh.get("board", "2", at_once("two")) == Shown("two", "2", is_fresh=True)


def test_what_takes_long_is_shown_as_it_was_and_computed_once(fresh):
    fresh.get("board", "1", at_once("one"))
    slow = Work("two")
    assert [fresh.get("board", "2", slow) for _ in range(3)] == [Shown("one", "1", is_fresh=False)] * 3
    slow.may_end.set()
    while not fresh.get("board", "2", slow).is_fresh:
        pass
    assert fresh.get("board", "2", slow) == Shown("two", "2", is_fresh=True)
    assert slow.n == 1


def test_all_who_come_first_wait_for_one_computation(fresh):
    work, found = Work("one"), []
    threads = [threading.Thread(target=lambda: found.append(fresh.get("board", "1", work))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert work.began.wait(20)
    work.may_end.set()
    for thread in threads:
        thread.join()
    assert found == [Shown("one", "1", is_fresh=True)] * 8
    assert work.n == 1


def test_a_failure_is_told_and_tried_again(fresh):
    with pytest.raises(ValueError, match="gone"):
        fresh.get("board", "1", at_once(ValueError("gone")))
    assert fresh.get("board", "1", at_once("one")) == Shown("one", "1", is_fresh=True)


def test_a_failure_of_what_is_new_is_told_although_there_is_something_old(fresh):
    fresh.get("board", "1", at_once("one"))
    with pytest.raises(ValueError, match="gone"):
        fresh.get("board", "2", at_once(ValueError("gone")))
    assert fresh.get("board", "2", at_once("two")) == Shown("two", "2", is_fresh=True)


def test_of_many_states_in_a_row_those_in_between_are_never_computed(fresh):
    fresh.get("board", "1", at_once("one"))
    slow, between, last = Work("two"), at_once("three"), at_once("four")
    assert fresh.get("board", "2", slow).found == "one"
    assert fresh.get("board", "3", between).found == "one"
    assert fresh.get("board", "4", last).found == "one"
    slow.may_end.set()
    while not fresh.get("board", "4", last).is_fresh:
        pass
    assert fresh.get("board", "4", last) == Shown("four", "4", is_fresh=True)
    assert between.n == 0


def test_every_key_has_a_state_of_its_own_and_the_one_asked_for_longest_ago_goes(fresh):
    for key in ("first", "second", "third"):
        assert fresh.get(key, "1", at_once(key)) == Shown(key, "1", is_fresh=True)
    kept, forgotten = at_once("third"), at_once("first")
    fresh.get("third", "1", kept)
    fresh.get("first", "1", forgotten)
    assert (kept.n, forgotten.n) == (0, 1)


def test_it_works_as_long_as_something_is_computed(fresh):
    fresh.get("board", "1", at_once("one"))
    assert not fresh.is_working()
    slow = Work("two")
    fresh.get("board", "2", slow)
    assert fresh.is_working()
    slow.may_end.set()
    while fresh.is_working():
        pass
    assert fresh.get("board", "2", slow) == Shown("two", "2", is_fresh=True)


def test_patience_is_had_once_for_a_state_however_often_it_is_asked_for():
    fresh = Fresh(most=2, patience_seconds=1.0)
    fresh.get("board", "1", at_once("one"))
    slow = Work("two")
    fresh.get("board", "2", slow)
    began = time.monotonic()
    assert [fresh.get("board", "2", slow).is_fresh for _ in range(20)] == [False] * 20
    assert time.monotonic() - began < 10
    slow.may_end.set()
