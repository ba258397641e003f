"""Real services, started on free ports of this machine and stopped afterwards; a missing one is a failure."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from submissions import database
from tests.s3_server import CREDENTIALS, S3Server
from tests.servers import NoServerError, PostgresServer, own_postgres, own_redis, wait_until
from tests.submission_files import write_submission

ROOT = Path(__file__).resolve().parents[2]


def _wait_for(is_ready: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    try:
        wait_until(is_ready, what, seconds=seconds)
    except NoServerError as error:
        pytest.fail(str(error))


@contextmanager
def _running(command: list[str], **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """Wait until a function returns true; fail when it takes too long."""
    return _wait_for


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A redis-server of our own."""
    with own_redis() as server:
        yield f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own, quick rather than safe."""
    with own_postgres(synchronous_commit="off", full_page_writes="off") as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database that every test gets a copy of."""
    name = "rematch_template"
    postgres_server.administer(f"CREATE DATABASE {name}")
    before = os.environ.get("REMATCH_DATABASE_URL")
    os.environ["REMATCH_DATABASE_URL"] = f"{postgres_server.url}/{name}"
    try:
        database.migrate()
    finally:
        # A database with open connections cannot be copied.
        database.forget_connections()
        if before is None:
            del os.environ["REMATCH_DATABASE_URL"]
    return name


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test alone."""
    name = f"rematch_{uuid.uuid4().hex}"
    postgres_server.administer(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield f"{postgres_server.url}/{name}"
    database.forget_connections()
    postgres_server.administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    name = f"rematch_{uuid.uuid4().hex}"
    postgres_server.administer(f"CREATE DATABASE {name}")
    yield f"{postgres_server.url}/{name}"
    database.forget_connections()
    postgres_server.administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both databases, one after the other, with their tables."""
    if request.param == "postgresql":
        monkeypatch.setenv("REMATCH_DATABASE_URL", request.getfixturevalue("postgres_url"))
    database.prepare()
    yield request.param
    database.forget_connections()


@pytest.fixture(scope="session")
def running_s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3-compatible server of our own."""
    server = S3Server(tmp_path_factory.mktemp("s3") / "log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def s3_server(running_s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The same, named by the settings of this test."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REMATCH_S3_ENDPOINT_URL", running_s3_server.url)
    return running_s3_server


@pytest.fixture
def s3_bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of this test alone, below a prefix of which its artifacts are kept."""
    name = s3_server.make_bucket()
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", f"s3://{name}/rematch")
    return name


@pytest.fixture
def make_submission(tmp_path: Path) -> Callable[..., Path]:
    """Write a valid submission and return the path of its manifest; keywords change the manifest."""
    return lambda name="mine", **changes: write_submission(tmp_path / name, **changes)


@pytest.fixture
def celery_worker(tmp_path: Path) -> Callable[..., object]:
    """Start a real Celery worker on a queue as `rematch worker` does; a script may be run in it first."""

    @contextmanager
    def start(before: str = "", *, queue: str = "scores") -> Iterator["subprocess.Popen[bytes]"]:
        code = f"{before}\nfrom worker.cli import app\napp(['worker', '--queue', {queue!r}])"
        path = tmp_path / f"worker-{uuid.uuid4().hex}.log"
        with (
            path.open("wb") as log,
            _running([sys.executable, "-c", code], stdout=log, stderr=log, cwd=ROOT, start_new_session=True) as process,
        ):
            _wait_for(lambda: process.poll() is not None or b" ready." in path.read_bytes(), "A ready Celery worker")
            assert process.poll() is None, path.read_text()
            yield process

    return start
