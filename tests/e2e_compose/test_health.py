"""Health checks that tell the truth: a busy worker is healthy, one that was stopped is not."""

import time
import urllib.error
import urllib.request

from tests.e2e_compose.slow import a_slow_job_in, scale, signal_to
from tests.e2e_compose.stack import wait_for


def answer(address):
    try:
        with urllib.request.urlopen(address, timeout=15) as found:  # noqa: S310  # our own server
            return found.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_busy_worker_is_healthy_and_gives_signs_of_life_of_its_job(stack, client, ended, tmp_path):
    with a_slow_job_in(stack, client, tmp_path / "busy") as submission:
        begun, seen = time.monotonic(), set()
        # Longer than an idle worker may be silent, and than three checks after that.
        while time.monotonic() - begun < 100:
            seen.add(stack.health("worker-scores"))
            time.sleep(3)
        assert client.status(submission)["status"] == "running"
        assert seen == {"healthy"}
    assert ended(submission)["status"] == "succeeded"


def test_a_worker_that_was_stopped_is_unhealthy_until_it_goes_on(stack):
    main = signal_to(stack, "worker", "STOP")
    try:
        wait_for(lambda: stack.health("worker-scores") == "unhealthy", "The end of its health")
        log = stack.facts("worker-scores")["State"]["Health"]["Log"][-1]["Output"]
        assert f"worker-{main} is overdue by" in log
    finally:
        signal_to(stack, "worker", "CONT")
    wait_for(lambda: stack.health("worker-scores") == "healthy", "Its recovery")


def test_a_worker_whose_job_hangs_is_unhealthy_and_the_job_is_given_to_another(stack, client, ended, tmp_path):
    with a_slow_job_in(stack, client, tmp_path / "hanging") as submission:
        signal_to(stack, "job", "STOP")
        wait_for(lambda: stack.health("worker-scores") == "unhealthy", "The end of its health")
        scale(stack, 2)
    try:
        assert ended(submission)["status"] == "succeeded"
    finally:
        signal_to(stack, "job", "KILL")
        scale(stack, 1)
    wait_for(lambda: stack.health("worker-scores") == "healthy", "Its recovery")


def test_the_api_is_alive_but_not_ready_while_the_database_is_away(stack):
    restarts = {service: stack.facts(service)["RestartCount"] for service in ("api", "reaper", "worker-scores")}
    stack.compose("stop", "postgres")
    try:
        wait_for(lambda: answer(f"{stack.api}/ready") == 503, "The end of readiness")
        assert answer(f"{stack.api}/health") == 200
        wait_for(lambda: stack.health("api") == "unhealthy", "The end of the API's health")
        assert stack.health("reaper") == "healthy"
        assert stack.health("worker-scores") == "healthy"
    finally:
        stack.compose("start", "postgres")
    wait_for(lambda: answer(f"{stack.api}/ready") == 200, "Readiness")
    wait_for(lambda: stack.health("api") == "healthy", "The API's health")
    # None of them had to be started anew.
    assert restarts == {service: stack.facts(service)["RestartCount"] for service in restarts}
