"""A full disk, for stored files and for logs: nothing half done stays, and the work goes on."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from submissions import database
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Status, Submission
from tests.submission_files import write_submission

ROOT = Path(__file__).resolve().parents[3]
HAND_IN = """
import sys
from pathlib import Path
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.intake import submit
try:
    with session() as opened:
        submit(opened, Path(sys.argv[1]))
except Exception as error:
    left = [str(path) for path in artifact_store().root.rglob("*") if path.is_file()]
    print(f"files left: {left}")
    sys.exit(f"{type(error).__name__}: {error}")
"""
FULL = 'mount -t tmpfs -o size=64k none "$0" && exec "$@"'


@pytest.fixture
def prepared():
    database.prepare()
    yield
    database.forget_connections()


def on_a_full_disk(folder, command):
    """Run a command to which a folder is a disk of 64 KB; without the right to mount, no file may be larger."""
    folder.mkdir(parents=True, exist_ok=True)
    for unshare in (["unshare", "--mount"], ["unshare", "--mount", "--user", "--map-root-user"]):
        tried = subprocess.run([*unshare, "sh", "-c", FULL, folder, "true"], check=False, capture_output=True)
        if tried.returncode == 0:
            command = [*unshare, "sh", "-c", FULL, folder, *command]
            break
    else:
        command = ["sh", "-c", 'trap "" XFSZ; ulimit -f 128; exec "$0" "$@"', *command]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_full_disk_refuses_a_hand_in_in_words_and_keeps_nothing_of_it(prepared, tmp_path, make_large):
    path = make_large(tmp_path / "large")
    root = artifact_store().root
    done = on_a_full_disk(root, [sys.executable, "-c", HAND_IN, str(path)])
    assert (done.returncode, done.stdout) == (1, "files left: []\n")
    assert "ArtifactError: " in done.stderr
    assert "Check the free space and the permissions of that folder (REMATCH_ARTIFACTS_URL)." in done.stderr
    with session() as opened:
        assert opened.exec(select(Submission)).all() == []
    with session() as opened:
        submit(opened, path)


@pytest.fixture
def make_large():
    """Write a valid submission of which the score file takes 80 KB."""

    def write(folder):
        path = write_submission(folder, n_runs=1)
        scores = np.load(folder / "scores_seed0.npy")
        np.savez(folder / "scores_seed0.npz", scores=scores, more=np.zeros(10_000))
        path.write_text(path.read_text().replace("scores_seed0.npy", "scores_seed0.npz"))
        return path

    return write


def test_a_worker_whose_log_is_on_a_full_disk_scores_all_the_same(prepared, tmp_path):
    with session() as opened:
        submission_id = submit(opened, write_submission(tmp_path / "mine")).id
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "worker.local", "--drain"], cwd=ROOT, stdout=full, stderr=full, check=False
        )
    # What cannot be flushed at the end is reported by the interpreter in its exit code.
    assert done.returncode in (0, 120)
    with session() as opened:
        assert {one.status for one in read_status(opened, submission_id).evaluations} == {Status.SUCCEEDED}
