"""Files of a visitor are checked in a process of their own, which may fail without taking the board with it."""

import sys

import numpy as np
import pytest

from submissions.check_limits import UncheckableError
from submissions.findings import Level
from submissions.staged_check import check_staged
from submissions.yaml_document import read_yaml
from tests.submission_files import write_submission


@pytest.fixture
def staged(tmp_path):
    """A manifest with its files, as they lie on the disk."""
    manifest = write_submission(tmp_path / "mine", n_runs=1)
    names = ("my_split.json", "scores_seed0.npy")
    return read_yaml(manifest), {name: manifest.parent / name for name in names}


def test_a_good_submission_comes_back_with_all_that_recording_needs(staged):
    document, files = staged
    checked = check_staged(document, files)
    assert checked.is_acceptable
    assert checked.runs[0].file.path == files["scores_seed0.npy"]
    assert checked.runs[0].file.name == "scores_seed0.npy"


def test_one_bad_number_is_one_error_under_the_name_of_the_file(staged):
    document, files = staged
    scores = np.load(files["scores_seed0.npy"])
    scores[1, 2] = np.inf
    np.save(files["scores_seed0.npy"], scores)
    errors = check_staged(document, files).errors
    assert [(one.level, one.where) for one in errors] == [(Level.ERROR, "runs[0] scores_seed0.npy")]
    assert str(files["scores_seed0.npy"].parent) not in errors[0].message


def test_a_child_that_ends_early_is_a_message(staged, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UncheckableError, match="makes its reader fail"):
        check_staged(*staged)


def test_a_check_that_takes_too_long_is_stopped(staged, monkeypatch):
    monkeypatch.setenv("REMATCH_CHECK_SECONDS", "0.05")
    with pytest.raises(UncheckableError, match="was stopped"):
        check_staged(*staged)
