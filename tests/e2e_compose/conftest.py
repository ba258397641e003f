"""One stack for all tests of this level: started for the first, taken down after the last."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from submissions.client import Client
from tests.e2e.conftest import browser, page  # noqa: F401  # fixtures
from tests.e2e_compose.stack import PATIENCE, Stack
from tests.submission_files import write_submission


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if shutil.which("docker") is None:
        pytest.fail("There is no docker on this machine: install Docker Engine with its compose plugin.")
    started = Stack("rematch-e2e", tmp_path_factory.mktemp("stack"))
    try:
        started.seconds_to_healthy = started.up()
        yield started
    finally:
        started.down()


@pytest.fixture(scope="session")
def token(stack: Stack) -> str:
    stack.inside("api", "rematch", "accounts", "add", "Somebody")
    made = stack.inside("api", "rematch", "tokens", "create", "Somebody", "--label", "e2e", "--json")
    return json.loads(made.stdout)["token"]


@pytest.fixture
def client(stack: Stack, token: str) -> Iterator[Client]:
    with Client(stack.api, token) as opened:
        yield opened


@pytest.fixture
def hand_in(client: Client, tmp_path: Path) -> Callable[..., str]:
    """Hand in a valid submission over HTTP and return its id; keywords change the manifest."""

    def hand_in(system: str, **changes: object) -> str:
        path = write_submission(tmp_path / system.replace(" ", "-"), system=system, **changes)
        return client.submit(path)["submission"]

    return hand_in


@pytest.fixture
def ended(client: Client) -> Callable[[str], dict]:
    """Wait until a submission has ended and return what the API says of it."""
    return lambda submission: client.wait(submission, seconds=PATIENCE, every=0.5)
