"""The HTTP API: as an application in this process, and as a real server on a free port."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from submissions.account_tables import Role
from submissions.accounts import create_account, create_token
from submissions.api import create_app
from submissions.database import prepare, session
from submissions.uploaded_check import check_uploaded
from tests.servers import answers, free_port, program


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
        number = port or free_port()
        url = f"http://127.0.0.1:{number}"
        log = tmp_path / f"api-{number}-{time.monotonic_ns()}.log"
        with program("api", "--port", str(number), log=log, **environment) as process:
            wait_for(lambda: process.poll() is not None or answers(url), "An answer of the API")
            assert process.poll() is None, log.read_text()
            yield process, url

    return start
