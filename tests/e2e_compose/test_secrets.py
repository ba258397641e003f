"""No default passwords: a missing one, a placeholder and a short one stop the start, with the name of the variable."""

import os
import re
import stat
import subprocess

import pytest

from tests.e2e_compose.stack import ROOT

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


def test_make_env_writes_secrets_of_its_own_that_only_the_owner_reads(tmp_path):
    (tmp_path / "deploy").mkdir()
    for name in ("make-env", "env.template"):
        os.link(ROOT / "deploy" / name, tmp_path / "deploy" / name)
    written = []
    for _ in range(2):
        subprocess.run(["sh", tmp_path / "deploy" / "make-env"], check=True, capture_output=True)
        written.append((tmp_path / ".env").read_text())
    assert written[0] == written[1]
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    found = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", written[0], re.MULTILINE))
    assert list(found) == SECRETS
    assert len(set(found.values())) == len(SECRETS)
    assert all(len(value) == 48 for value in found.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "deploy"]
