"""Servers and workers of our own that may be killed, and how it is found out what became of what was handed in."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from submissions import database, reasons
from submissions.intake import submit
from submissions.reasons import Reason
from submissions.status import EvaluationStatus, SubmissionStatus, read_status
from submissions.tables import Result, Status
from tests.integration.faults import points
from tests.servers import NoServerError, PostgresServer, RedisServer, own_postgres, own_redis, wait_until
from tests.submission_files import write_submission
from worker.queue import enqueue_evaluations

ROOT = Path(__file__).resolve().parents[3]
SOON = {
    "REMATCH_LOG_FORMAT": "json",
    "REMATCH_CONCURRENCY": "2",
    "REMATCH_HEARTBEAT_SECONDS": "0.3",
    "REMATCH_STALE_SECONDS": "5",
    "REMATCH_REAP_SECONDS": "0.5",
    "REMATCH_ANNOUNCE_SECONDS": "0.2",
    "REMATCH_RESEND_SECONDS": "2",
    "REMATCH_RETRY_SECONDS": "0.2",
    # Enough to compile the kernels, as the first evaluation after a change of them does.
    "REMATCH_JOB_MEMORY_MB": "1500",
}
"""Everything as in real life, but sooner."""
BEFORE = """
from tests.integration.faults import points
from worker import app, stall, tasks
points.install()
app.SOFT_SHUTDOWN_SECONDS = 0.5
stall.STALL_SECONDS, stall.LOOK_SECONDS = 10.0, 1.0
tasks.AWAY_SECONDS = 0.5
"""


@dataclass(frozen=True)
class Handed:
    """A submission, and its evaluations in the order of its runs."""

    submission_id: UUID
    evaluation_ids: tuple[UUID, ...]

    def look(self) -> SubmissionStatus:
        """Read what became of it."""
        with database.session() as opened:
            return read_status(opened, self.submission_id)

    @property
    def is_finished(self) -> bool:
        """Whether nothing of it waits or runs."""
        return not self.look().n_unfinished

    def wait(self, *, seconds: float = 60) -> tuple[EvaluationStatus, ...]:
        """Wait for the end of all, and check that each has exactly one set of results or one stated failure."""
        with suppress(NoServerError):
            wait_until(lambda: self.is_finished, "The end", seconds=seconds)
        found = self.look().evaluations
        assert self.is_finished, [(one.status, one.attempts, one.reason, one.not_before, one.log) for one in found]
        assert len(found) == len(self.evaluation_ids)
        for one in found:
            check_ended(one)
        return found


def check_ended(one: EvaluationStatus) -> None:
    """Check that an evaluation has one complete set of results, or fails for a stated reason and has none."""
    with database.session() as opened:
        rows = opened.exec(select(Result).where(col(Result.evaluation_id) == one.id)).all()
    assert len(rows) == len(one.values)
    if one.status is Status.SUCCEEDED:
        assert {"i2t R@1", "t2i R@1", "rsum"} <= set(one.values)
        assert (one.message, one.reason) == (None, None)
    else:
        assert one.status is Status.FAILED
        assert rows == []
        assert one.message
        assert one.reason in set(Reason)
        assert one.attempts <= reasons.MAX_ATTEMPTS


class Stack:
    """Redis, PostgreSQL, and workers on them."""

    def __init__(self, redis: RedisServer, postgres: PostgresServer, folder: Path, number: int) -> None:
        self.redis, self.postgres, self._folder = redis, postgres, folder / str(number)
        self._folder.mkdir()
        self.broker_url = f"redis://127.0.0.1:{redis.port}/{number}"
        self.environment = {
            **SOON,
            "REMATCH_HOME": str(self._folder / "home"),
            "REMATCH_DATABASE_URL": f"{postgres.url}/rematch_{number}",
            "REMATCH_BROKER_URL": self.broker_url,
        }
        postgres.administer(f"CREATE DATABASE rematch_{number} TEMPLATE rematch")

    @contextmanager
    def worker(self, before: str = BEFORE, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a Celery worker as `rematch worker` does."""
        code = f"{before}\nfrom worker.cli import app\napp(['worker'])"
        path = self._folder / f"worker-{uuid4().hex}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **self.environment, **environment},
                start_new_session=True,
            )
        try:
            wait_until(lambda: b" ready." in path.read_bytes() or process.poll() is not None, "A ready worker")
            assert process.poll() is None, path.read_text()
            yield process
        finally:
            kill_group(process)

    def hand_in(self, *, n_runs: int = 1, enqueue: bool = True) -> Handed:
        """Hand in a submission like no other, and tell the queue of it."""
        name = uuid4().hex
        manifest = write_submission(self._folder / name, n_runs=n_runs, system=name)
        with database.session() as opened:
            submission = submit(opened, manifest)
            handed = Handed(submission.id, tuple(run.evaluations[0].id for run in submission.runs))
        if enqueue:
            enqueue_evaluations(handed.evaluation_ids)
        return handed

    def logged(self) -> list[str]:
        """Return all lines that workers logged."""
        return [line for path in self._folder.glob("worker-*.log") for line in path.read_text().splitlines()]


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """End a worker and its children as a power cut does."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="session")
def new_stack() -> Iterator[Callable[[], Stack]]:
    """Make databases that know nothing of each other, on servers of which nothing survives but what was committed."""
    folder, numbers = Path(tempfile.mkdtemp(prefix="rematch-faults-")), count(1)
    try:
        with own_redis() as redis, own_postgres() as postgres, pytest.MonkeyPatch.context() as patch:
            postgres.administer("CREATE DATABASE rematch")
            patch.setenv("REMATCH_DATABASE_URL", f"{postgres.url}/rematch")
            database.migrate()
            database.forget_connections()
            yield lambda: Stack(redis, postgres, folder, next(numbers))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared(new_stack: Callable[[], Stack]) -> Iterator[tuple[Stack, "subprocess.Popen[bytes]"]]:
    """One worker with two children, for all tests that leave it alive."""
    stack = new_stack()
    with stack.worker() as process:
        yield stack, process


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Stack], None]]:
    """Let this process use some of the servers too."""

    def set_all(stack: Stack) -> None:
        for name, value in stack.environment.items():
            monkeypatch.setenv(name, value)

    yield set_all
    database.forget_connections()


@pytest.fixture
def stack(new_stack: Callable[[], Stack], enter: Callable[[Stack], None]) -> Stack:
    """A database and a broker of this test alone, with no worker."""
    alone = new_stack()
    enter(alone)
    return alone


@pytest.fixture
def working(shared: "tuple[Stack, subprocess.Popen[bytes]]", enter: Callable[[Stack], None]) -> Iterator[Stack]:
    """A database and a broker with a worker, which must be alive and idle again after the test."""
    stack, process = shared
    enter(stack)
    yield stack
    assert process.poll() is None
    stack.hand_in().wait()


@pytest.fixture
def wait_for_point() -> Callable[..., None]:
    """Wait until an evaluation comes by a point."""

    def wait(evaluation_id: UUID, point: str) -> None:
        wait_until(lambda: points.is_there(evaluation_id, point), f"{point} of {evaluation_id}")

    return wait
