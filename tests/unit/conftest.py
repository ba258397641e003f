"""No test of this level reaches a network: what needs a service belongs to tests/integration."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    # Event loops and AppTest talk to themselves over a pair of Unix sockets.
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
