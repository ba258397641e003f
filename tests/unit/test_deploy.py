"""The scripts of the container stack that need no container: secrets that are none, and secrets that are made."""

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SECRETS = re.findall(r"^([A-Z0-9_]+)=$", (DEPLOY / "env.template").read_text(), re.MULTILINE)


def start(**secrets):
    command = [
        "sh",
        DEPLOY / "refuse-placeholders",
        *secrets,
        "--",
        "sh",
        "-c",
        'echo "started with $*"',
        "sh",
        "a b",
        "c",
    ]
    environment = {"PATH": os.environ["PATH"], **{name: value for name, value in secrets.items() if value is not None}}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_with_secrets_the_program_starts_with_its_arguments():
    done = start(ONE="f80a5233c44eb6125dfd8789", TWO="b33f6167686432baa560a44d")
    assert (done.returncode, done.stdout) == (0, "started with a b c\n")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "is not set"),
        ("", "is not set"),
        ("change-me", "is a placeholder"),
        ("CHANGEMECHANGEMECHANGEME", "is a placeholder"),
        ("my-own-password-of-the-database", "is a placeholder"),
        ("a-secret-that-nobody-knows", "is a placeholder"),
        ("from-the-example-file", "is a placeholder"),
        ("fifteen-letters", "is too short"),
    ],
)
def test_what_is_no_secret_stops_the_start_with_its_name_and_without_its_value(value, words):
    done = start(ONE="f80a5233c44eb6125dfd8789", TWO=value)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: TWO {words}. Expected at least 16 characters")
    assert not value or value not in done.stderr


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "deploy").mkdir()
    for name in ("make-env", "env.template"):
        (tmp_path / "deploy" / name).write_text((DEPLOY / name).read_text())
    return tmp_path


def make_env(clone):
    return subprocess.run(["sh", clone / "deploy" / "make-env"], check=True, capture_output=True, text=True).stderr


def test_make_env_writes_secrets_that_only_their_owner_reads(clone):
    assert "Next: make up" in make_env(clone)
    assert stat.S_IMODE((clone / ".env").stat().st_mode) == 0o600
    found = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", (clone / ".env").read_text(), re.MULTILINE))
    assert list(found) == SECRETS
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for value in found.values())
    assert len(set(found.values())) == len(SECRETS)
    assert sorted(path.name for path in clone.iterdir()) == [".env", "deploy"]


def test_make_env_leaves_what_is_there(clone):
    (clone / ".env").write_text("MINE=1\n")
    assert "stays as it is" in make_env(clone)
    assert (clone / ".env").read_text() == "MINE=1\n"


def test_what_is_written_passes_for_secrets(clone):
    make_env(clone)
    found = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", (clone / ".env").read_text(), re.MULTILINE))
    assert start(**found).returncode == 0


@pytest.mark.parametrize(
    "path", [path for path in sorted(DEPLOY.rglob("*")) if path.is_file() and not path.suffix], ids=str
)
def test_a_script_can_be_executed_as_it_lies_in_a_container(path):
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/bin/")
