"""Files that were handed in, as `rematch reproduce` names them."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.intake import submit
from submissions.tables import Status
from worker.cli import app
from worker.jobs import run_evaluation

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def evaluation_id(make_submission):
    with session() as opened:
        return submit(opened, make_submission(n_runs=1)).runs[0].evaluations[0].id


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
