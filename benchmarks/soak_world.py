"""What a soak can harm: servers of its own, and an API, workers and reapers that are started again when they end."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from benchmarks.served import Kept
from tests.servers import PostgresServer, RedisServer

RESTART_SECONDS = 1.0
"""How long whoever looks after a process waits before it starts another."""
SOON = {
    "REMATCH_HEARTBEAT_SECONDS": "0.5",
    "REMATCH_STALE_SECONDS": "5",
    "REMATCH_REAP_SECONDS": "1",
    "REMATCH_ANNOUNCE_SECONDS": "0.5",
    "REMATCH_RESEND_SECONDS": "5",
    "REMATCH_RETRY_SECONDS": "0.5",
    "REMATCH_CONCURRENCY": "2",
    "REMATCH_JOB_MEMORY_MB": "1500",
    "REMATCH_LOG_FORMAT": "json",
}
"""Everything as in real life, but sooner, so that ten minutes hold what else takes hours."""
WORKER = """
from tests.integration.faults import points
points.install()
from worker.cli import app
app(["worker"])
"""
REAPER = "from worker.cli import app\napp(['reap', '--every', '1'])"


@dataclass
class World:
    """All that can be harmed."""

    redis: RedisServer
    postgres: PostgresServer
    api: Kept
    workers: list[Kept]
    reapers: list[Kept]
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def processes(self) -> list[Kept]:
        """All that is started again."""
        return [self.api, *self.workers, *self.reapers]

    @contextmanager
    def looked_after(self) -> Iterator[None]:
        """Start everything, and again whatever ends, until the block ends."""
        for one in self.processes:
            one.start()
        thread = threading.Thread(target=self._look_after, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            for one in self.processes:
                one.end()
                if one.process is not None:
                    one.process.wait()

    def _look_after(self) -> None:
        while not self._stop.wait(0.1):
            for one in self.processes:
                if one.has_ended and not self._stop.wait(RESTART_SECONDS):
                    one.start()

    def harm(self, kind: str, random: Random) -> None:
        """Do something that can happen; returns once a server that was ended is back."""
        HARMS[kind](self, random)


def _kill_child(world: World, random: Random) -> None:
    children = random.choice(world.workers).children()
    if children:
        with suppress(ProcessLookupError):
            os.kill(random.choice(children), signal.SIGKILL)


def _stop_child(world: World, random: Random) -> None:
    children = random.choice(world.workers).children()
    if children:
        pid = random.choice(children)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        # Longer than a worker may be silent, so that another is given its work before it goes on.
        threading.Timer(float(SOON["REMATCH_STALE_SECONDS"]) + 3, _go_on, [pid]).start()


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _tell_to_stop(world: World, random: Random) -> None:
    one = random.choice(world.workers)
    if one.process is not None and not one.has_ended:
        one.process.terminate()


def _restart_redis(world: World, random: Random) -> None:
    world.redis.kill()
    time.sleep(random.uniform(0, 2))
    world.redis.start()


def _crash_postgres(world: World, random: Random) -> None:
    world.postgres.crash()
    time.sleep(random.uniform(0, 2))
    world.postgres.start()


HARMS = {
    "API killed": lambda world, _: world.api.end(),
    "child killed": _kill_child,
    "worker killed": lambda world, random: random.choice(world.workers).end(),
    "worker told to stop": _tell_to_stop,
    "child stopped for long": _stop_child,
    "redis killed, restarted empty": _restart_redis,
    "redis flushed": lambda world, _: world.redis.flush(),
    "postgresql crashed, recovered": _crash_postgres,
    "reaper killed": lambda world, random: random.choice(world.reapers).end(),
}
