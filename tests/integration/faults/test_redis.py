"""A broker that is flushed, killed, or away: every committed submission is scored all the same, and once."""

import pytest
import redis

from submissions.tables import Status
from tests.integration.faults import points
from worker.queue import BrokerError, enqueue_evaluations


@pytest.mark.parametrize("fault", ["flushed", "killed and restarted empty"])
def test_what_is_queued_and_what_runs_survives_a_broker_that_is(working, wait_for_point, fault):
    handed = working.hand_in(n_runs=4, enqueue=False)
    running, queued = handed.evaluation_ids[:2], handed.evaluation_ids[2:]
    for evaluation_id in running:
        points.plan(evaluation_id, "ranking", "hang")
    enqueue_evaluations(running)
    for evaluation_id in running:
        wait_for_point(evaluation_id, "ranking")
    enqueue_evaluations(queued)
    if fault == "flushed":
        working.redis.flush()
    else:
        working.redis.kill()
        working.redis.start()
    with redis.Redis.from_url(working.broker_url) as client:
        assert client.llen("scores") == 0
    for evaluation_id in running:
        points.let_go(evaluation_id, "ranking")
    found = handed.wait()
    assert [(one.status, one.attempts) for one in found] == [(Status.SUCCEEDED, 1)] * 4


def test_what_is_handed_in_while_the_broker_is_away_is_scored_once_it_is_back(working):
    working.redis.kill()
    handed = working.hand_in(n_runs=2, enqueue=False)
    with pytest.raises(BrokerError, match="stays queued"):
        enqueue_evaluations(handed.evaluation_ids)
    working.redis.start()
    assert [one.status for one in handed.wait()] == [Status.SUCCEEDED] * 2
