"""The running stack, as its operator sees it: through docker compose, and over HTTP from outside."""

import json
import os
import re
import secrets
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0
LASTING = ("postgres", "redis", "api", "board", "worker-scores", "reaper")
ONCE = ("migrate", "rights")
OURS = ("api", "board", "worker-scores", "reaper")


def wait_for(is_so: Callable[[], object], what: str, *, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not happen within {seconds:g} s.")
        time.sleep(0.5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stack:
    """One project of docker compose, with settings and secrets of its own.

    Settings with the name of one of compose's, such as COMPOSE_PROFILES, are for compose.
    """

    def __init__(self, name: str, folder: Path, **settings: str) -> None:
        self.name = name
        self.secrets = {
            secret: secrets.token_hex(24)
            for secret in re.findall(r"^([A-Z0-9_]+)=$", (ROOT / "deploy" / "env.template").read_text(), re.MULTILINE)
        }
        self.settings = {
            "API_PORT": str(free_port()),
            "BOARD_PORT": str(free_port()),
            # A worker that dies is missed sooner than in real life.
            "REMATCH_HEARTBEAT_SECONDS": "2",
            "REMATCH_STALE_SECONDS": "15",
            "REMATCH_REAP_SECONDS": "5",
            "REMATCH_RETRY_SECONDS": "2",
            "REMATCH_RESEND_SECONDS": "20",
            **settings,
        }
        self.env_file = folder / f"{name}.env"
        self.env_file.write_text("".join(f"{k}={v}\n" for k, v in {**self.secrets, **self.settings}.items()))
        inherited = {k: v for k, v in os.environ.items() if k not in self.secrets and not k.startswith("REMATCH_")}
        self.environment = {
            **inherited,
            "COMPOSE_PROJECT_NAME": name,
            "COMPOSE_ENV_FILES": str(self.env_file),
            "COMPOSE_ANSI": "never",
            "COMPOSE_OFFLINE_IMAGES": str(Path(__file__).with_name("stand_ins")),
            **{name: value for name, value in self.settings.items() if name.startswith("COMPOSE_")},
        }

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.settings['API_PORT']}"

    @property
    def board(self) -> str:
        return f"http://127.0.0.1:{self.settings['BOARD_PORT']}"

    def up(self) -> float:
        """Start it as `make up` does, and return how long that took."""
        command = shlex.split(os.environ.get("COMPOSE_UP", "docker compose up --detach --wait --build"))
        begun = time.monotonic()
        self._run(command)
        return time.monotonic() - begun

    def down(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "20")

    def compose(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        return self._run(["docker", "compose", *arguments], check=check)

    def inside(self, service: str, *command: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command in a running container."""
        return self.compose("exec", "-T", service, *command, check=check)

    def save(self, target: Path, service: str, *command: str) -> None:
        """Run a command in a running container and keep what it writes."""
        with target.open("wb") as file:
            whole = ["docker", "compose", "exec", "-T", service, *command]
            subprocess.run(whole, cwd=ROOT, env=self.environment, stdout=file, check=True, timeout=600)

    def feed(self, source: IO[bytes], service: str, *command: str) -> None:
        """Run a command in a container of its own, with what it is to read."""
        whole = ["docker", "compose", "run", "--rm", "-T", service, *command]
        subprocess.run(whole, cwd=ROOT, env=self.environment, stdin=source, check=True, timeout=600)

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--all", "--quiet", service).stdout.split()

    def engine(self, *arguments: str) -> str:
        return self._run(["docker", *arguments]).stdout

    def facts(self, service: str, number: int = 0) -> dict:
        """What the engine says of a container."""
        return json.loads(self.engine("inspect", self.containers(service)[number]))[0]

    def health(self, service: str) -> str:
        return self.facts(service)["State"]["Health"]["Status"]

    def query(self, statement: str) -> list[list[str]]:
        """Ask the database as its owner."""
        options = ("--no-psqlrc", "--tuples-only", "--no-align", "--username=postgres", "--dbname=rematch")
        lines = self.inside("postgres", "psql", *options, f"--command={statement}").stdout.splitlines()
        return [line.split("|") for line in lines]

    def _run(self, command: list[str], *, check: bool = True) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=1800
        )
        if check and done.returncode:
            pytest.fail(
                f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
            )
        return done
