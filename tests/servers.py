"""Real servers of our own, on free ports of this machine, that can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAIN = "from leaderboard.cli import main; main()"
START_SECONDS = 60.0


class NoServerError(Exception):
    """A program that is not installed, or a server that does not answer."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_true: Callable[[], bool], what: str, *, seconds: float = START_SECONDS) -> None:
    """Wait for something; raise when it takes too long."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise NoServerError(f"{what} did not happen within {seconds:g} s.")
        time.sleep(0.05)


@contextmanager
def program(*arguments: str, log: Path, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one of our long-lived commands, and end it with all that it started; keywords are settings."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            env={**os.environ, **environment},
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        # Its children too, in whatever state it left them.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(url: str) -> bool:
    """Whether an API is there."""
    import httpx

    try:
        return httpx.get(f"{url}/health", timeout=2).is_success
    except httpx.TransportError:
        return False


class RedisServer:
    """A redis-server that keeps nothing on the disk."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise NoServerError("There is no redis-server on this machine. Install it: apt-get install redis-server")
        self.port, self._folder = free_port(), folder
        self._command = [
            program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
            "--appendonly", "no",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._answers, "An answer of redis-server")

    def kill(self) -> None:
        """End it without a warning; all it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def flush(self) -> None:
        """Take all keys away."""
        import redis

        with redis.Redis(port=self.port) as client:
            client.flushall()

    def _answers(self) -> bool:
        import redis

        try:
            with redis.Redis(port=self.port) as client:
                return bool(client.ping())
        except redis.exceptions.ConnectionError:
            return False


class PostgresServer:
    """A PostgreSQL server of which every commit outlives the death of its processes."""

    def __init__(self, folder: Path, **options: object) -> None:
        self._programs = postgres_programs()
        self.port, self._folder = free_port(), folder
        self.url = f"postgresql://rematch@127.0.0.1:{self.port}"
        # PostgreSQL refuses to run as root.
        self._user: dict[str, object] = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if not os.geteuid() else {}
        )
        # Written through to the disk only where a power cut matters: the machine itself is never stopped.
        self._options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            **options,
        }
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(folder, "postgres", "postgres")
        command = [self._programs / "initdb", "-D", folder / "data", "-U", "rematch", "--auth=trust", "--no-sync"]
        quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "check": True, **self._user}
        subprocess.run([*command, "-E", "UTF8"], **quiet)

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data")]
        for name, value in self._options.items():
            command += ["-c", f"{name}={value}"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder, **self._user
            )
        ready = [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, "An answer of PostgreSQL")

    def crash(self) -> None:
        """Stop it in its immediate mode: every connection is cut, and the next start recovers from the log."""
        self._stop(signal.SIGQUIT)

    def stop(self) -> None:
        """Stop it in its fast mode."""
        self._stop(signal.SIGINT)

    def administer(self, statement: str) -> None:
        """Run a statement outside of any of the databases in use."""
        import psycopg

        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _stop(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def postgres_programs() -> Path:
    """Return the folder of the newest PostgreSQL of this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve())
    if not found:
        raise NoServerError("There is no PostgreSQL server on this machine. Install it: apt-get install postgresql")
    return found[-1].parent


@contextmanager
def own_redis() -> Iterator[RedisServer]:
    """Run a redis-server."""
    with tempfile.TemporaryDirectory(prefix="rematch-redis-") as folder:
        server = RedisServer(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()


@contextmanager
def own_postgres(**options: object) -> Iterator[PostgresServer]:
    """Run a PostgreSQL server; keywords are options of its configuration."""
    # Not among pytest's own folders, which root alone can enter.
    folder = Path(tempfile.mkdtemp(prefix="rematch-postgres-"))
    server = None
    try:
        server = PostgresServer(folder, **options)
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
