"""A home that cannot be written is one message, and no reason not to score a file."""

import subprocess
import sys

import numpy as np
import pytest

NOWHERE = "/proc/rematch"
"""A place where not even the superuser, as whom tests may run, can make a folder."""


def rematch(monkeypatch, *words):
    monkeypatch.setenv("REMATCH_HOME", NOWHERE)
    command = [sys.executable, "-m", "leaderboard.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words",
    [
        ("run", "cca:baseline", "-p", "toy-object"),
        ("study", "scene-vs-object", "--models", "cca:baseline", "--datasets", "toy-object"),
    ],
)
def test_what_records_its_results_says_in_one_line_where_it_cannot(monkeypatch, words):
    found = rematch(monkeypatch, *words)
    assert found.returncode == 1
    assert found.stderr == (
        f"error: The database sqlite:///{NOWHERE}/rematch.db cannot be opened: its folder is not there and cannot be"
        " made, or may not be written. Make that folder writable, or name another place: REMATCH_HOME for everything,"
        " or REMATCH_DATABASE_URL.\n"
    )


def test_a_file_is_scored_without_it(monkeypatch, tmp_path):
    scores = np.random.default_rng(0).standard_normal((250, 250)).astype(np.float32)
    np.save(tmp_path / "scores.npy", scores)
    words = ("score", tmp_path / "scores.npy", "--protocol", "toy-object", "--orientation", "images-x-captions")
    found = rematch(monkeypatch, *words)
    assert found.returncode == 0, found.stderr
    assert "R@1" in found.stdout
