"""Workers that die, stop or hang in every phase of a job, and messages that come more than once."""

import json
import os
import signal

from submissions import reasons, store
from submissions.database import session
from submissions.tables import Evaluation, Status
from tests.integration.faults import points
from tests.integration.faults.conftest import kill_group
from tests.servers import wait_until
from worker.app import EVALUATE, app
from worker.queue import enqueue_evaluations


def send(stack, evaluation_id, *, times):
    with app.connection_for_write(stack.broker_url) as connection:
        for _ in range(times):
            app.send_task(EVALUATE, args=[str(evaluation_id)], connection=connection, queue="scores")


def test_a_child_that_is_killed_in_any_phase_loses_nothing_and_nothing_is_done_twice(working):
    handed = working.hand_in(n_runs=len(points.POINTS), enqueue=False)
    for evaluation_id, point in zip(handed.evaluation_ids, points.POINTS, strict=True):
        points.plan(evaluation_id, point, "kill")
    enqueue_evaluations(handed.evaluation_ids)
    found = handed.wait()
    assert {one.status for one in found} == {Status.SUCCEEDED}
    assert all(points.is_there(one.id, point) for one, point in zip(found, points.POINTS, strict=True))
    # What was not committed as begun does not count as an attempt, nor what was committed as done.
    once = {"before-claim", "claim-uncommitted", "recorded"}
    assert [one.attempts for one in found] == [1 if point in once else 2 for point in points.POINTS]


def test_a_whole_worker_that_is_killed_with_jobs_in_every_phase_loses_nothing(stack):
    handed = stack.hand_in(n_runs=len(points.POINTS), enqueue=False)
    for evaluation_id, point in zip(handed.evaluation_ids, points.POINTS, strict=True):
        points.plan(evaluation_id, point, "hang")
    with stack.worker(REMATCH_CONCURRENCY=str(len(points.POINTS))) as worker:
        enqueue_evaluations(handed.evaluation_ids)
        for evaluation_id, point in zip(handed.evaluation_ids, points.POINTS, strict=True):
            wait_until(lambda: points.is_there(evaluation_id, point), point)  # noqa: B023  # called at once
        kill_group(worker)
    with stack.worker():
        found = handed.wait()
    assert {one.status for one in found} == {Status.SUCCEEDED}
    assert [one.attempts for one in found] == [1, 1, 2, 2, 2, 2, 2, 1]


def test_a_worker_that_is_told_to_stop_gives_its_work_back(stack):
    handed = stack.hand_in(enqueue=False)
    points.plan(handed.evaluation_ids[0], "ranking", "hang")
    with stack.worker() as worker:
        enqueue_evaluations(handed.evaluation_ids)
        wait_until(lambda: points.is_there(handed.evaluation_ids[0], "ranking"), "The work")
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
    [one] = handed.look().evaluations
    assert (one.status, one.attempts, one.reason) == (Status.QUEUED, 0, None)
    assert "The worker was told to stop" in one.log[-1]


def test_a_message_that_is_delivered_thrice_at_once_is_worked_on_once(working):
    handed = working.hand_in(enqueue=False)
    points.plan(handed.evaluation_ids[0], "ranking", "hang")
    send(working, handed.evaluation_ids[0], times=3)
    wait_until(lambda: points.is_there(handed.evaluation_ids[0], "ranking"), "The work")
    # The other child is free, and looks at the other two messages meanwhile.
    last = working.hand_in()
    last.wait()
    points.let_go(handed.evaluation_ids[0], "ranking")
    [one] = handed.wait()
    assert (one.status, one.attempts) == (Status.SUCCEEDED, 1)


def test_what_always_kills_its_worker_ends_with_its_reason_and_can_be_queued_again_once_mended(working):
    handed = working.hand_in(enqueue=False)
    [evaluation_id] = handed.evaluation_ids
    points.plan(evaluation_id, "ranking", "kill", times=99)
    enqueue_evaluations([evaluation_id])
    [one] = handed.wait()
    assert (one.status, one.attempts, one.reason) == (Status.FAILED, reasons.MAX_ATTEMPTS, "worker-lost")
    assert one.message == reasons.LOST_MESSAGE
    for what in ("Taken by worker", "died or fell silent"):
        assert sum(what in line for line in one.log) == reasons.MAX_ATTEMPTS
    (points.folder() / f"{evaluation_id}.ranking").unlink()
    with session() as opened:
        assert opened.get_one(Evaluation, evaluation_id).our_fault
        assert store.requeue(opened, evaluation_id)
    [one] = handed.wait()
    assert (one.status, one.attempts) == (Status.SUCCEEDED, 1)


def test_a_worker_that_was_stopped_for_too_long_and_goes_on_is_refused(working):
    handed = working.hand_in(enqueue=False)
    [evaluation_id] = handed.evaluation_ids
    points.plan(evaluation_id, "before-recording", "stop")
    enqueue_evaluations([evaluation_id])
    [one] = handed.wait()
    assert (one.status, one.attempts) == (Status.SUCCEEDED, 2)
    stopped = int((points.folder() / f"{evaluation_id}.before-recording.reached").read_text())
    assert one.worker.split()[0].endswith(f":{stopped}") is False
    os.kill(stopped, signal.SIGCONT)
    wait_until(lambda: working.hand_in().wait() is not None, "The next work")
    with session() as opened:
        later = opened.get_one(Evaluation, evaluation_id)
    assert (later.worker, later.finished_at, later.claims) == (one.worker, one.finished_at, 2)


def test_every_line_of_every_worker_is_json_and_carries_the_ids_of_its_work(working):
    handed = working.hand_in()
    [one] = handed.wait()
    found = [json.loads(line) for line in working.logged()]
    own = [line for line in found if line.get("evaluation") == str(one.id)]
    assert {line["submission"] for line in own} == {str(handed.submission_id)}
    assert {line["attempt"] for line in own} == {1}
    assert any("Taken by worker" in str(line["message"]) for line in own)
