"""Parts of the running stack die, and nothing that was handed in is lost or done twice."""

import threading

import pytest

from submissions.client import Client
from tests.e2e_compose.slow import a_slow_job_in, scale, signal_to, write_slow_submission
from tests.e2e_compose.stack import LASTING, wait_for


@pytest.fixture
def all_well_again(stack):
    yield
    for service in LASTING:
        wait_for(lambda service=service: stack.health(service) == "healthy", f"The health of {service}")


def kill_all(stack, service):
    """Kill every process of a container but its first, which ends with them."""
    before = stack.facts(service)["RestartCount"]
    stack.inside(service, "sh", "-c", "kill -9 -1", check=False)
    wait_for(lambda: stack.facts(service)["RestartCount"] > before, f"Another start of {service}")


def evaluations_of(stack, submission):
    """How often each was begun, and by which machine the last time."""
    rows = stack.query(
        f"""SELECT claims, split_part(worker, ':', 1) FROM evaluation
        JOIN submitted_run ON submitted_run.id = run_id WHERE submission_id = '{submission}'"""  # noqa: S608  # an id
    )
    return [(int(claims), machine) for claims, machine in rows]


def claims_of(stack, submission):
    return [claims for claims, _ in evaluations_of(stack, submission)]


def test_a_worker_that_is_killed_in_the_middle_of_a_job_loses_nothing(stack, client, ended, tmp_path, all_well_again):
    with a_slow_job_in(stack, client, tmp_path / "killed worker") as submission:
        signal_to(stack, "worker", "KILL")
        wait_for(lambda: claims_of(stack, submission) == [2], "Another attempt")
    assert ended(submission)["status"] == "succeeded"


def test_a_job_whose_process_is_killed_is_done_again(stack, client, ended, tmp_path, all_well_again):
    with a_slow_job_in(stack, client, tmp_path / "killed job") as submission:
        signal_to(stack, "job", "KILL")
        wait_for(lambda: claims_of(stack, submission) == [2], "Another attempt")
    assert ended(submission)["status"] == "succeeded"


def test_a_worker_that_is_told_to_stop_loses_nothing(stack, client, ended, tmp_path, all_well_again):
    with a_slow_job_in(stack, client, tmp_path / "stopped worker") as submission:
        stack.compose("stop", "worker-scores")
        try:
            wait_for(lambda: client.status(submission)["status"] == "queued", "Its return into the queue")
        finally:
            stack.compose("start", "worker-scores")
    assert ended(submission)["status"] == "succeeded"


def test_what_comes_while_the_queue_is_away_is_scored_once_it_is_back(stack, hand_in, ended, all_well_again):
    stack.compose("kill", "--signal", "KILL", "redis")
    try:
        submission = hand_in("Handed in without a queue")
    finally:
        stack.compose("start", "redis")
    assert ended(submission)["status"] == "succeeded"
    assert ended(hand_in("Handed in after the queue came back"))["status"] == "succeeded"


def test_a_queue_that_forgot_everything_is_told_again(stack, client, ended, tmp_path, all_well_again):
    with a_slow_job_in(stack, client, tmp_path / "before the queue forgot") as first:
        second = client.submit(write_slow_submission(tmp_path / "forgotten", system="forgotten"))["submission"]
        stack.inside("redis", "redis-cli", "flushall")
    assert [ended(one)["status"] for one in (first, second)] == ["succeeded", "succeeded"]


def test_a_database_that_restarts_under_load_costs_nothing(stack, hand_in, ended, all_well_again):
    handed_in = [hand_in(f"Before the restart {number}") for number in range(5)]
    stack.compose("kill", "--signal", "KILL", "postgres")
    stack.compose("start", "postgres")
    wait_for(lambda: stack.health("postgres") == "healthy", "The health of the database")
    handed_in += [hand_in(f"After the restart {number}") for number in range(5)]
    assert {ended(one)["status"] for one in handed_in} == {"succeeded"}


def test_an_upload_goes_on_where_it_was_when_the_api_was_killed(stack, token, ended, tmp_path, all_well_again):
    path = write_slow_submission(tmp_path / "upload", system="Killed while it was sent")
    size = (path.parent / "vectors.npz").stat().st_size
    sent, killer = [], threading.Thread(target=kill_all, args=(stack, "api"))

    def tell(name, arrived, total):
        sent.append(arrived)
        if arrived > size / 3 and killer.ident is None:
            killer.start()
            killer.join()

    with Client(stack.api, token) as client:
        submission = client.submit(path, tell=tell)["submission"]
    assert killer.ident is not None
    # No more than the blocks that were on their way was sent twice.
    assert len(sent) - len(set(sent)) < 40
    assert ended(submission)["status"] == "succeeded"


def test_two_workers_share_the_work_and_one_may_leave(stack, hand_in, ended, all_well_again):
    stack.compose(
        "up", "--detach", "--wait", "--no-build", "--no-recreate", "--scale", "worker-scores=2", "worker-scores"
    )
    try:
        handed_in = [hand_in(f"Shared {number}", n_runs=4) for number in range(6)]
        assert {ended(one)["status"] for one in handed_in} == {"succeeded"}
        found = [one for submission in handed_in for one in evaluations_of(stack, submission)]
        assert len(found) == 24
        assert len({machine for _, machine in found}) == 2
    finally:
        scale(stack, 1)


def test_after_all_that_everything_handed_in_has_exactly_one_result(stack, client):
    assert {one["status"] for one in client.submissions()} == {"succeeded"}
    states = stack.query("SELECT status, count(*) FROM evaluation GROUP BY status")
    assert [status for status, _ in states] == ["succeeded"]
    twice = stack.query(
        "SELECT run_id, protocol, protocol_version FROM evaluation GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    assert twice == []
    n_results = stack.query(
        "SELECT DISTINCT count(result.metric) FROM evaluation LEFT JOIN result ON result.evaluation_id = evaluation.id"
        " GROUP BY evaluation.id, protocol ORDER BY 1"
    )
    assert all(int(row[0]) > 0 for row in n_results)
