"""A connection to the broker that goes dead without a word: the worker notices, and takes tasks again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from submissions.tables import Status
from tests.integration.faults import points
from tests.integration.faults.conftest import BEFORE, Stack
from tests.servers import wait_until
from worker.queue import enqueue_evaluations

IMPATIENT = f"""
{BEFORE}
stall.STALL_SECONDS, stall.LOOK_SECONDS = 3.0, 0.5
app._IMPATIENCE["socket_timeout"] = 1
"""


GIVES_UP_ONCE = f"""
{BEFORE}
import os, pathlib
from celery.worker.consumer import Consumer
go_on = Consumer.on_connection_error_after_connected
flag = pathlib.Path(os.environ["REMATCH_HOME"], "gave-up")
def give_up(consumer, error):
    if not flag.exists():
        flag.touch()
        raise AttributeError("hostname")
    return go_on(consumer, error)
Consumer.on_connection_error_after_connected = give_up
"""


class Relay:
    """What stands between a worker and its broker, and can swallow all that passes over the connections of so far."""

    def __init__(self, target: int) -> None:
        self._target, self._generation = target, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def go_mute(self) -> None:
        """Pass nothing on any more over the connections there are; new ones work."""
        self._generation += 1

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink, self._generation), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, generation: int) -> None:
        try:
            while data := source.recv(65536):
                if generation == self._generation:
                    sink.sendall(data)
        except OSError:
            # The other side is gone.
            pass
        finally:
            source.close()
            sink.close()


@contextmanager
def relayed(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()


def through(stack: Stack, relay: Relay) -> dict[str, str]:
    database = stack.broker_url.rpartition("/")[2]
    return {"REMATCH_BROKER_URL": f"redis://127.0.0.1:{relay.port}/{database}", "REMATCH_CONCURRENCY": "1"}


def test_a_worker_whose_connection_goes_dead_in_the_midst_of_a_job_takes_the_next_one(stack):
    first = stack.hand_in(enqueue=False)
    points.plan(first.evaluation_ids[0], "ranking", "hang")
    with relayed(stack.redis.port) as relay, stack.worker(IMPATIENT, **through(stack, relay)) as worker:
        enqueue_evaluations(first.evaluation_ids)
        wait_until(lambda: points.is_there(first.evaluation_ids[0], "ranking"), "The work")
        relay.go_mute()
        points.let_go(first.evaluation_ids[0], "ranking")
        assert [one.status for one in first.wait()] == [Status.SUCCEEDED]
        second = stack.hand_in()
        assert [one.status for one in second.wait()] == [Status.SUCCEEDED]
        assert worker.poll() is None
    assert any("It starts anew" in line for line in stack.logged())


def test_a_worker_whose_library_gives_up_when_the_broker_is_lost_comes_back_by_itself(stack):
    with stack.worker(GIVES_UP_ONCE) as worker:
        stack.redis.kill()
        stack.redis.start()
        handed = stack.hand_in()
        assert [one.status for one in handed.wait()] == [Status.SUCCEEDED]
        assert worker.poll() is None
    assert any("ended with an error. It starts anew" in line for line in stack.logged())
