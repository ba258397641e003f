"""A real server on a free port and a real browser, both ended whatever happens."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import servers

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
# The first visit makes the server import everything, which a busy machine takes its time for.
expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture
def free_port() -> int:
    return servers.free_port()


@pytest.fixture
def wait_until_healthy() -> Callable[[str, subprocess.Popen[bytes]], None]:
    return _wait_until_healthy


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with code {process.returncode}"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310 - our own server
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"{address} was not healthy within {PATIENCE:g} s.")


@pytest.fixture(scope="session")
def board_over() -> Callable[..., AbstractContextManager[str]]:
    """Show the board over the records in a folder, as long as the context lasts; keywords are settings."""
    return _board_over


@contextmanager
def _board_over(home: Path, **settings: str) -> Iterator[str]:
    port = servers.free_port()
    others = {name: value for name, value in os.environ.items() if not name.startswith("REMATCH_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "leaderboard.board_server", "run", "leaderboard/app.py", f"--server.port={port}"],
        cwd=ROOT,
        env=others | {"STREAMLIT_SERVER_ADDRESS": "127.0.0.1", "REMATCH_HOME": str(home), **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(address, server)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("No Chromium on PATH: install the package chromium (apt-get install chromium).")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-background-networking"]
        )
        try:
            yield started
        finally:
            started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1400, "height": 900})
    opened.set_default_timeout(PATIENCE * 1000)
    yield opened
    opened.close()
