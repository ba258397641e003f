"""What a soak runs on: servers of its own, and workers and reapers that are started again whenever they end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.servers import PostgresServer, RedisServer

ROOT = Path(__file__).resolve().parent.parent
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
class Kept:
    """A process that is started again when it ends, as a container is."""

    code: str
    log: Path
    n_starts: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", self.code],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )
        self.n_starts += 1

    def end(self) -> None:
        """Kill the process and all its children at once."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def children(self) -> list[int]:
        """Return the processes below it."""
        if self.process is None:
            return []
        with suppress(OSError):
            path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            return [int(pid) for pid in path.read_text().split()]
        return []


@dataclass
class World:
    """All that can be harmed."""

    redis: RedisServer
    postgres: PostgresServer
    workers: list[Kept]
    reapers: list[Kept]
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def looked_after(self) -> Iterator[None]:
        """Start everything, and again whatever ends, until the block ends."""
        for one in (*self.workers, *self.reapers):
            one.start()
        thread = threading.Thread(target=self._look_after, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            for one in (*self.workers, *self.reapers):
                one.end()
                if one.process is not None:
                    one.process.wait()

    def _look_after(self) -> None:
        while not self._stop.wait(0.1):
            for one in (*self.workers, *self.reapers):
                if one.process is not None and one.process.poll() is not None and not self._stop.wait(RESTART_SECONDS):
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
    if one.process is not None and one.process.poll() is None:
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
    "child killed": _kill_child,
    "worker killed": lambda world, random: random.choice(world.workers).end(),
    "worker told to stop": _tell_to_stop,
    "child stopped for long": _stop_child,
    "redis killed, restarted empty": _restart_redis,
    "redis flushed": lambda world, _: world.redis.flush(),
    "postgresql crashed, recovered": _crash_postgres,
    "reaper killed": lambda world, random: random.choice(world.reapers).end(),
}
