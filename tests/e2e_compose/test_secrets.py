"""No default passwords: a missing one, a placeholder and a short one stop the start, with the name of the variable."""

import re
import tempfile
from pathlib import Path

import pytest

from tests.e2e_compose.stack import ROOT, Stack

TEMPLATE = (ROOT / "deploy" / "env.template").read_text()
SECRETS = re.findall(r"^([A-Z0-9_]+)=$", TEMPLATE, re.MULTILINE)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_missing_stops_compose_with_its_name(stack, name):
    lines = stack.env_file.read_text().splitlines()
    without = stack.env_file.with_suffix(".without")
    without.write_text("\n".join(line for line in lines if not line.startswith(f"{name}=")))
    done = stack.compose("--env-file", str(without), "config", "--quiet", check=False)
    assert done.returncode != 0
    assert f"required variable {name} is missing a value" in done.stderr
    assert "make env" in done.stderr


@pytest.mark.parametrize(
    ("service", "name", "value"),
    [
        ("postgres", "POSTGRES_PASSWORD", "change-me"),
        ("postgres", "POSTGRES_OWNER_PASSWORD", "ChangeMe-ChangeMe-ChangeMe"),
        ("postgres", "POSTGRES_API_PASSWORD", "a-very-long-password-indeed"),
        ("postgres", "POSTGRES_WORKER_PASSWORD", "fifteen-letters"),
        ("postgres", "POSTGRES_BOARD_PASSWORD", "change-me"),
        ("redis", "REDIS_PASSWORD", "change-me"),
    ],
)
def test_a_placeholder_stops_the_start_with_its_name(stack, service, name, value):
    done = stack.compose("run", "--rm", "--no-deps", "-T", "--env", f"{name}={value}", service, check=False)
    assert done.returncode == 1
    assert f"error: {name} is " in done.stderr
    assert value not in done.stderr


def test_the_whole_start_stops_and_its_log_says_why(stack):
    with tempfile.TemporaryDirectory() as folder:
        refused = Stack("rematch-e2e-refused", Path(folder), POSTGRES_WORKER_PASSWORD="change-me")  # noqa: S106  # on purpose
        try:
            done = refused.compose("up", "--detach", "--wait", "--no-build", "--pull", "never", check=False)
            assert done.returncode != 0
            assert "error: POSTGRES_WORKER_PASSWORD is a placeholder." in refused.compose("logs", "postgres").stdout
            assert refused.containers("api") == [] or refused.facts("api")["State"]["Status"] == "created"
        finally:
            refused.down()
