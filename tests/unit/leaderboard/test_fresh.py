"""Nobody waits for what was computed before, and everybody gets what is as soon as it is there."""

import threading

import pytest

from leaderboard.fresh import Fresh, Shown


@pytest.fixture
def fresh():
    return Fresh(patience_seconds=0.05)


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
    assert fresh.get("1", work) == Shown("one", is_fresh=True)
    assert fresh.get("1", work) == Shown("one", is_fresh=True)
    assert work.n == 1


def test_what_is_quick_is_of_the_present_state(fresh):
    fresh.get("1", at_once("one"))
    assert fresh.get("2", at_once("two")) == Shown("two", is_fresh=True)


def test_what_takes_long_is_shown_as_it_was_and_computed_once(fresh):
    fresh.get("1", at_once("one"))
    slow = Work("two")
    assert [fresh.get("2", slow) for _ in range(3)] == [Shown("one", is_fresh=False)] * 3
    slow.may_end.set()
    while not fresh.get("2", slow).is_fresh:
        pass
    assert fresh.get("2", slow) == Shown("two", is_fresh=True)
    assert slow.n == 1


def test_all_who_come_first_wait_for_one_computation(fresh):
    work, found = Work("one"), []
    threads = [threading.Thread(target=lambda: found.append(fresh.get("1", work))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert work.began.wait(20)
    work.may_end.set()
    for thread in threads:
        thread.join()
    assert found == [Shown("one", is_fresh=True)] * 8
    assert work.n == 1


def test_a_failure_is_told_and_tried_again(fresh):
    with pytest.raises(ValueError, match="gone"):
        fresh.get("1", at_once(ValueError("gone")))
    assert fresh.get("1", at_once("one")) == Shown("one", is_fresh=True)


def test_a_failure_of_what_is_new_is_told_although_there_is_something_old(fresh):
    fresh.get("1", at_once("one"))
    with pytest.raises(ValueError, match="gone"):
        fresh.get("2", at_once(ValueError("gone")))
    assert fresh.get("2", at_once("two")) == Shown("two", is_fresh=True)


def test_of_many_states_in_a_row_those_in_between_are_never_computed(fresh):
    fresh.get("1", at_once("one"))
    slow, between, last = Work("two"), at_once("three"), at_once("four")
    assert fresh.get("2", slow).found == "one"
    assert fresh.get("3", between).found == "one"
    assert fresh.get("4", last).found == "one"
    slow.may_end.set()
    while not fresh.get("4", last).is_fresh:
        pass
    assert fresh.get("4", last) == Shown("four", is_fresh=True)
    assert between.n == 0
