"""Files that were handed in, where a worker needs them: held while it does, named by `rematch reproduce`."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from submissions.artifact_cache import ArtifactCache
from submissions.artifacts import StoredFile, artifact_store
from submissions.database import session
from submissions.intake import submit
from submissions.tables import Status
from worker import measuring
from worker.cli import app
from worker.jobs import run_evaluation

pytestmark = pytest.mark.usefixtures("prepared")

EMPTY = StoredFile("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0)


@pytest.fixture
def evaluation_id(make_submission):
    with session() as opened:
        return submit(opened, make_submission(n_runs=1)).runs[0].evaluations[0].id


def test_a_copy_that_an_evaluation_opened_stays_until_the_evaluation_has_ended(evaluation_id, tmp_path, monkeypatch):
    cache, seen = ArtifactCache(tmp_path / "cache", 1), []
    score = measuring.score
    other = tmp_path / "other"
    other.write_bytes(b"more than there is room for")

    def score_with_a_copy(work):
        copy = cache.path(EMPTY, lambda stream: None)
        shutil.copy(other, tmp_path / "given")
        cache.take(tmp_path / "given", StoredFile("0" * 64, other.stat().st_size))
        seen.append(copy.is_file())
        return score(work)

    monkeypatch.setattr(measuring, "score", score_with_a_copy)
    assert run_evaluation(evaluation_id) is Status.SUCCEEDED
    assert seen == [True]
    cache.take(other, StoredFile("1" * 64, other.stat().st_size))
    assert [path.name for path in cache.folder.iterdir() if path.is_file()] == ["1" * 64]


def reproduce(evaluation_id):
    return CliRunner().invoke(app, ["reproduce", str(evaluation_id), "--json"], catch_exceptions=False)


def test_reproduce_names_the_stored_file_and_what_its_submitter_called_it_where_it_is_gone(evaluation_id):
    root = artifact_store().root
    assert run_evaluation(evaluation_id) is Status.SUCCEEDED
    assert f"rematch score {root}/" in json.loads(reproduce(evaluation_id).stdout)["command"]
    shutil.rmtree(root)
    told = reproduce(evaluation_id)
    assert "rematch score ./scores_seed0.npy" in json.loads(told.stdout)["command"]
    assert f"is missing from {root}" in told.stderr
