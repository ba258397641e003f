"""Changes of state on both databases, with real concurrency."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlmodel import select

from submissions import store
from submissions.database import session
from submissions.errors import AlreadySubmittedError
from submissions.intake import check, record, submit
from submissions.status import read_status, recent
from submissions.tables import Evaluation, Result, Status, Submission
from worker.jobs import run_evaluation
from worker.local import drain


@pytest.fixture
def queued(backend, make_submission):
    with session() as opened:
        return submit(opened, make_submission(n_runs=1)).runs[0].evaluations[0].id


def load(evaluation_id):
    with session() as opened:
        return opened.get_one(Evaluation, evaluation_id)


def at_once(n, work):
    """Run something in many threads that begin together, and return what it returned in each."""
    outcomes, barrier = [], threading.Barrier(n)

    def begin():
        barrier.wait()
        outcomes.append(work())

    threads = [threading.Thread(target=begin) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == n
    return outcomes


def test_of_eight_claims_exactly_one_wins(queued):
    def claim():
        with session() as opened:
            return store.claim(opened, queued) is not None

    assert sorted(at_once(8, claim)) == [False] * 7 + [True]
    assert load(queued).attempts == 1


def test_eight_workers_share_a_queue_and_run_everything_once(backend, make_submission):
    with session() as opened:
        submission_id = submit(opened, make_submission(n_runs=6)).id
    assert sum(at_once(8, drain)) == 6
    with session() as opened:
        found = read_status(opened, submission_id)
        assert [one.attempts for one in found.evaluations] == [1] * 6
        assert found.status is Status.SUCCEEDED
        n_results = len(opened.exec(select(Result)).all())
    assert n_results == 6 * len(found.evaluations[0].values)


def test_one_submission_handed_in_by_eight_is_recorded_once(backend, make_submission):
    checked = check(make_submission())

    def hand_in():
        try:
            with session() as opened:
                return record(opened, checked).id
        except AlreadySubmittedError as error:
            return error.submission_id

    assert len(set(at_once(8, hand_in))) == 1
    with session() as opened:
        assert len(opened.exec(select(Submission)).all()) == 1


def test_only_one_submission_can_replace_another(backend, make_submission):
    with session() as opened:
        first = submit(opened, make_submission()).id
    later = [check(make_submission(f"later-{n}", system=f"Later {n}")) for n in range(4)]

    def replace():
        try:
            with session() as opened:
                return record(opened, later.pop(), supersedes=first).id
        except Exception as error:
            return error

    outcomes = at_once(4, replace)
    errors = [str(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(errors) == 3
    assert all("was replaced already" in message for message in errors)
    with session() as opened:
        assert len(opened.exec(select(Submission)).all()) == 2


def test_times_come_back_in_utc(queued):
    assert run_evaluation(queued) is Status.SUCCEEDED
    evaluation = load(queued)
    for moment in (evaluation.queued_at, evaluation.started_at, evaluation.finished_at):
        assert moment.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)


def test_the_reaper_brings_back_what_is_silent_and_leaves_what_beats(queued):
    with session() as opened:
        store.claim(opened, queued)
    with session() as opened:
        assert store.requeue_stale(opened, stale_seconds=60) == store.Swept((), ())
        opened.get_one(Evaluation, queued).heartbeat_at = datetime.now(UTC) - timedelta(seconds=61)
    with session() as opened:
        assert store.requeue_stale(opened, stale_seconds=60) == store.Swept((queued,), ())
    with session() as opened:
        assert not store.heartbeat(opened, queued, attempt=1)
        assert store.claim(opened, queued).attempts == 2
        assert store.heartbeat(opened, queued, attempt=2)
        assert not store.record_failure(opened, queued, "late", attempt=1)


def test_what_no_broker_knows_of_is_found(queued):
    with session() as opened:
        assert store.unannounced(opened, never_seconds=60, resend_seconds=60) == []
        opened.get_one(Evaluation, queued).queued_at = datetime.now(UTC) - timedelta(seconds=61)
    with session() as opened:
        assert store.unannounced(opened, never_seconds=60, resend_seconds=60) == [queued]
        store.mark_announced(opened, [queued])
        assert store.unannounced(opened, never_seconds=60, resend_seconds=60) == []
        assert store.unannounced(opened, never_seconds=60, resend_seconds=-1) == [queued]


def test_the_newest_submissions_come_first(backend, make_submission):
    with session() as opened:
        first = submit(opened, make_submission()).id
    with session() as opened:
        second = submit(opened, make_submission("second", system="Second")).id
    with session() as opened:
        assert [one.id for one in recent(opened)] == [second, first]
        assert [one.id for one in recent(opened, limit=1)] == [second]


@pytest.mark.parametrize(("source", "to"), list(product(Status, Status)))
def test_no_way_leads_around_the_table_of_transitions(source, to):
    if to in store.TRANSITIONS[source]:
        assert source is not Status.SUCCEEDED
    else:
        with pytest.raises(ValueError, match="never goes from"):
            store._move(None, [], source=source, to=to)
