"""One stack for all tests of this level: started for the first, taken down after the last."""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from submissions.client import Client
from tests.e2e.conftest import browser, page  # noqa: F401  # fixtures
from tests.e2e_compose.stack import PATIENCE, Stack
from tests.submission_files import write_submission

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test the time that building two images may take on a slow line, as one of them is the first."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory() as folder:
        started = Stack("rematch-e2e", Path(folder))
        try:
            started.up()
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
