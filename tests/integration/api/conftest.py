"""The HTTP API: as an application in this process, and as a real server on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from submissions.account_tables import Role
from submissions.accounts import create_account, create_token
from submissions.api import create_app
from submissions.database import prepare, session
from submissions.uploaded_check import check_uploaded

ROOT = Path(__file__).resolve().parents[3]
MAIN = "from leaderboard.cli import main; main()"


def make_token(name: str, role: Role = Role.SUBMITTER) -> str:
    """Add an account and return a token of it."""
    with session() as opened:
        return create_token(opened, create_account(opened, name, role=role), label="test", days=None).secret


def bearer(token: str | None) -> dict[str, str]:
    """The header that carries a token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@pytest.fixture
def announced() -> list[object]:
    """What the queue was told of."""
    return []


@pytest.fixture
def api(backend: str, announced: list[object]) -> Iterator[TestClient]:
    """The application in this process, on both databases; it checks in this process too."""
    app = create_app(announce=announced.extend, check_broker=lambda: None, redis_url=None, check=check_uploaded)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def tokens(backend: str) -> dict[str, str]:
    """The tokens of two submitters and an admin, by account."""
    return {name: make_token(name, role) for name, role in
            (("alice", Role.SUBMITTER), ("bob", Role.SUBMITTER), ("root", Role.ADMIN))}  # fmt: skip


@pytest.fixture
def serve(wait_for: Callable[..., None], tmp_path: Path) -> Callable[..., object]:
    """Start the real server as `rematch api` does; gives its process and its address."""

    @contextmanager
    def start(*, port: int | None = None, **environment: str) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
        prepare()
        number = port or _free_port()
        url = f"http://127.0.0.1:{number}"
        command = [sys.executable, "-c", MAIN, "api", "--port", str(number)]
        log = tmp_path / f"api-{number}-{time.monotonic_ns()}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
                env={**os.environ, **environment},
            )  # fmt: skip
        try:
            wait_for(lambda: process.poll() is not None or _is_alive(url), "An answer of the API")
            assert process.poll() is None, log.read_text()
            yield process, url
        finally:
            _end(process)

    return start


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=30)
    # Its children too, in whatever state it left them.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
