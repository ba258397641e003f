"""Real services, started on free ports of this machine and stopped afterwards; a missing one is a failure."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from submissions import database
from tests.s3_server import CREDENTIALS, S3Server
from tests.submission_files import write_submission

ROOT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(is_ready: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not happen within {seconds:g} s.")
        time.sleep(0.05)


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
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A redis-server of our own."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("There is no redis-server on this machine. Install it: apt-get install redis-server")
    port, folder = _free_port(), tmp_path_factory.mktemp("redis")
    command = [
        program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "no",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log, _running(command, stdout=log, stderr=log):
        import redis

        with redis.Redis(port=port) as client:

            def answers() -> bool:
                try:
                    return bool(client.ping())
                except redis.exceptions.ConnectionError:
                    return False

            _wait_for(answers, "An answer of redis-server")
        yield f"redis://127.0.0.1:{port}/0"


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve())
    if not found:
        pytest.fail("There is no PostgreSQL server on this machine. Install it: apt-get install postgresql")
    return found[-1].parent


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of our own; the URL of its first database, without the name."""
    programs, port = postgres_programs(), _free_port()
    # PostgreSQL refuses to run as root; pytest's own folders can be entered by root alone.
    user: dict[str, object] = {"user": "postgres", "group": "postgres", "extra_groups": []} if not os.geteuid() else {}
    folder = Path(tempfile.mkdtemp(prefix="rematch-postgres-"))
    try:
        if user:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "check": True, **user}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "rematch", "--auth=trust", "--no-sync", "-E", "UTF8"], **quiet
        )
        options = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off",
            "synchronous_commit": "off", "full_page_writes": "off",
        }  # fmt: skip
        command = [str(programs / "postgres"), "-D", str(data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (folder / "log").open("wb") as log, _running(command, cwd=folder, stdout=log, stderr=log, **user):
            ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            _wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, "An answer of PostgreSQL")
            yield f"postgresql://rematch@127.0.0.1:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _administer(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database that every test gets a copy of."""
    name = "rematch_template"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    before = os.environ.get("REMATCH_DATABASE_URL")
    os.environ["REMATCH_DATABASE_URL"] = f"{postgres_server}/{name}"
    try:
        database.migrate()
    finally:
        # A database with open connections cannot be copied.
        database.forget_connections()
        if before is None:
            del os.environ["REMATCH_DATABASE_URL"]
    return name


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test alone."""
    name = f"rematch_{uuid.uuid4().hex}"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield f"{postgres_server}/{name}"
    database.forget_connections()
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    name = f"rematch_{uuid.uuid4().hex}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    yield f"{postgres_server}/{name}"
    database.forget_connections()
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


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
