"""A database that crashes and recovers in the midst of the work: nothing is lost, and no attempt either."""

import time

import pytest

from submissions.tables import Status
from tests.integration.faults import points
from worker.queue import enqueue_evaluations


@pytest.mark.parametrize(
    "at", [("before-claim", "ranking"), ("claim-uncommitted", "result-uncommitted")], ids=" and ".join
)
def test_a_crash_of_the_database_costs_nothing_while_jobs_are(working, wait_for_point, at):
    handed = working.hand_in(n_runs=2, enqueue=False)
    for evaluation_id, point in zip(handed.evaluation_ids, at, strict=True):
        points.plan(evaluation_id, point, "hang")
    enqueue_evaluations(handed.evaluation_ids)
    for evaluation_id, point in zip(handed.evaluation_ids, at, strict=True):
        wait_for_point(evaluation_id, point)
    working.postgres.crash()
    for evaluation_id, point in zip(handed.evaluation_ids, at, strict=True):
        points.let_go(evaluation_id, point)
    # Long enough for everything to be tried in vain.
    time.sleep(1)
    working.postgres.start()
    found = handed.wait()
    assert [(one.status, one.attempts) for one in found] == [(Status.SUCCEEDED, 1)] * 2
