"""Processes of Rematch as benchmarks run them, and the settings that they and this process share."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
GENEROUS = {
    "REMATCH_API_REQUESTS_PER_MINUTE": "1000000",
    "REMATCH_API_DAILY_SUBMISSIONS": "1000000",
    "REMATCH_API_UNFINISHED_EVALUATIONS": "1000000",
}
"""One account hands in what else comes from hundreds."""


@dataclass
class Kept:
    """A process that is started again when it ends, as a container is."""

    code: str
    log: Path
    n_starts: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", self.code],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )
        self.n_starts += 1

    @property
    def has_ended(self) -> bool:
        """Whether it was started and is no more."""
        return self.process is not None and self.process.poll() is not None

    def end(self) -> None:
        """Kill the process and all its children at once."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def children(self) -> list[int]:
        """Return the processes below it."""
        if self.process is None:
            return []
        with suppress(OSError):
            path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            return [int(pid) for pid in path.read_text().split()]
        return []


def api_on(port: int, log: Path) -> Kept:
    """Return the HTTP API on a port of this machine, not started."""
    return Kept(f"from worker.cli import app\napp(['api', '--port', '{port}'])", log)


def answers(url: str, path: str = "/health") -> bool:
    """Whether an API is there."""
    try:
        return httpx.get(f"{url}{path}", timeout=2).is_success
    except httpx.TransportError:
        return False


@contextmanager
def settings(values: Mapping[str, str]) -> Iterator[None]:
    """Set what this process and all that it starts read, and put it back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
