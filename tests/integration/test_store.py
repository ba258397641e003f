"""Changes of state on both databases, with real concurrency."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from submissions import lost_work, outbox, store, waiting
from submissions.database import session
from submissions.errors import AlreadySubmittedError
from submissions.intake import check, record, submit
from submissions.status import count_states, current_submission, read_status, recent
from submissions.tables import Evaluation, Queue, Result, Status, Submission, now
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
        assert lost_work.requeue_stale(opened, stale_seconds=60) == lost_work.Swept((), ())
        opened.get_one(Evaluation, queued).heartbeat_at = datetime.now(UTC) - timedelta(seconds=61)
    with session() as opened:
        assert lost_work.requeue_stale(opened, stale_seconds=60) == lost_work.Swept((queued,), ())
    with session() as opened:
        assert not store.heartbeat(opened, queued, claim=1)
        assert store.claim(opened, queued).attempts == 2
        assert store.heartbeat(opened, queued, claim=2)
        assert not store.record_failure(opened, queued, "late", claim=1)


def test_what_no_broker_knows_of_is_found(queued):
    with session() as opened:
        assert outbox.unannounced(opened, never_seconds=60) == []
        assert outbox.unannounced_of(opened, [queued]) == [queued]
        opened.get_one(Evaluation, queued).queued_at = now() - timedelta(seconds=61)
    with session() as opened:
        assert outbox.unannounced(opened, never_seconds=60) == [queued]
        outbox.mark_announced(opened, [queued], at=now())
        assert outbox.unannounced(opened, never_seconds=60) == []
        assert outbox.unannounced_of(opened, [queued]) == []
        assert outbox.announced_queues(opened, before=now()) == [Queue.SCORES]
        assert outbox.unannounced(opened, never_seconds=60, lost_before={Queue.SCORES: now()}) == [queued]
        assert outbox.unannounced(opened, never_seconds=60, lost_before={Queue.MODELS: now()}) == []
        outbox.forget_announced(opened, [queued])
        assert outbox.unannounced(opened, never_seconds=60) == [queued]


def test_two_that_look_into_the_outbox_at_once_tell_the_broker_of_different_evaluations(
    postgres_url, monkeypatch, make_submission
):
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    with session() as opened:
        ids = [run.evaluations[0].id for run in submit(opened, make_submission(n_runs=2)).runs]
    with session() as one, session() as other:
        assert outbox.unannounced_of(one, ids[:1]) == ids[:1]
        assert outbox.unannounced_of(other, ids) == ids[1:]


def test_what_waits_for_a_model_run_that_is_at_work_has_lost_no_message(queued, make_submission):
    with session() as opened:
        first, second = (
            run.evaluations[0] for run in submit(opened, make_submission("more", system="More", n_runs=2)).runs
        )
        for one in (first, second):
            one.queue, one.run_id, one.protocol = Queue.MODELS, first.run_id, f"{one.protocol}-{one.id}"
        outbox.mark_announced(opened, [first.id, second.id], at=now() - timedelta(hours=1))
        lost = {Queue.MODELS: now()}
        claimed = store.claim(opened, first.id).claims
        assert outbox.unannounced(opened, never_seconds=60, lost_before=lost) == []
        store.record_failure(opened, first.id, "No.", claim=claimed)
        assert outbox.unannounced(opened, never_seconds=60, lost_before=lost) == [second.id]


def test_the_newest_submissions_come_first(backend, make_submission):
    with session() as opened:
        first = submit(opened, make_submission()).id
    with session() as opened:
        second = submit(opened, make_submission("second", system="Second")).id
    with session() as opened:
        assert [one.id for one in recent(opened)] == [second, first]
        assert [one.id for one in recent(opened, limit=1)] == [second]


def test_looking_at_the_newest_takes_as_many_queries_for_many_as_for_one(backend, make_submission):
    statements = []
    for number in range(4):
        with session() as opened:
            submit(opened, make_submission(f"folder-{number}", system=f"System {number}"))
    with session() as opened:
        event.listen(opened.get_bind(), "before_cursor_execute", lambda *found: statements.append(found[2]))
        assert len(recent(opened)) == 4
    assert len(statements) == 3


def test_states_are_counted_over_submissions(backend, make_submission):
    with session() as opened:
        ids = [submit(opened, make_submission(f"n{n}", system=f"System {n}")).id for n in range(2)]
        store.claim(opened, read_status(opened, ids[0]).queued[0])
        assert count_states(opened, ids) == {Status.QUEUED: 3, Status.RUNNING: 1}
        assert count_states(opened, ids[1:]) == {Status.QUEUED: 2}


def test_the_current_submission_of_a_system_is_the_one_that_was_not_replaced(backend, make_submission):
    with session() as opened:
        first = submit(opened, make_submission()).id
    with session() as opened:
        second = submit(opened, make_submission("second", description="Mended."), supersedes=first).id
        assert current_submission(opened, submitter="Somebody", system="Noise") == second
        assert current_submission(opened, submitter="Somebody else", system="Noise") is None


def test_what_is_finished_never_moves_again(queued):
    assert run_evaluation(queued) is Status.SUCCEEDED
    before = load(queued)
    with session() as opened:
        assert store.claim(opened, queued) is None
        assert not store.cancel(opened, queued, "No.")
        assert not store.requeue(opened, queued)
        assert not store.release(opened, queued, claim=before.claims)
        assert not store.record_failure(opened, queued, "No.", claim=before.claims)
        assert store.retry_or_fail(opened, queued, claim=before.claims, wait_seconds=1) is None
        assert lost_work.requeue_stale(opened, stale_seconds=-60) == lost_work.Swept((), ())
    assert load(queued) == before


def test_what_was_cancelled_never_moves_again(queued):
    with session() as opened:
        assert store.cancel(opened, queued, "Replaced.")
        assert store.claim(opened, queued) is None
        assert not store.requeue(opened, queued)
        assert not store.cancel(opened, queued, "Again.")
    assert (load(queued).status, load(queued).message) == (Status.CANCELLED, "Replaced.")


def test_what_is_not_due_is_neither_next_nor_announced_nor_taken(queued):
    with session() as opened:
        claim = store.claim(opened, queued).claims
        assert store.postpone(opened, queued, claim=claim, wait_seconds=100)
        opened.get_one(Evaluation, queued).queued_at = datetime.now(UTC) - timedelta(hours=1)
    with session() as opened:
        assert waiting.next_queued(opened) is None
        assert outbox.unannounced(opened, never_seconds=60) == []
        assert store.claim(opened, queued) is None
        assert waiting.seconds_until_due(opened) == pytest.approx(100, abs=5)
        assert waiting.failed_through_us(opened) == waiting.failed_of(opened, queued) == [queued]
        assert store.requeue(opened, queued)
        assert waiting.next_queued(opened) == queued
        assert outbox.unannounced_of(opened, [queued]) == [queued]


def test_one_version_of_a_protocol_is_planned_once_for_a_run(queued):
    one = load(queued)
    columns = ("run_id", "protocol", "protocol_version", "split", "split_digest", "judgments", "centricity",
               "evaluator_version")  # fmt: skip
    with pytest.raises(IntegrityError), session() as opened:
        opened.add(Evaluation(**{name: getattr(one, name) for name in columns}))
