"""The one validator: what it lets pass, warns of and refuses, and that it stores nothing."""

import numpy as np
import pytest

from submissions.check import check
from submissions.findings import Level
from submissions.settings import get_settings


def messages(checked, level):
    return [finding.message for finding in checked.findings if finding.level is level]


def test_a_good_submission_is_all_ok(make_submission):
    checked = check(make_submission())
    assert {finding.level for finding in checked.findings} == {Level.OK}
    assert [run.format for run in checked.runs] == ["matrix", "matrix"]
    assert not get_settings().home.exists()


def test_a_manifest_that_cannot_be_read_is_one_finding_per_problem(make_submission):
    checked = check(make_submission(system=None, setting="none"))
    assert checked.manifest is None
    assert len(checked.errors) == 2


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.zeros((24, 12)), "24"),
        (np.full((12, 24), np.nan), "scores are not finite"),
        (np.zeros((12, 24), dtype=complex), "complex"),
        (np.zeros((12, 23)), "23"),
    ],
)
def test_every_file_is_read_against_its_split(make_submission, scores, message):
    path = make_submission()
    np.save(path.parent / "scores_seed1.npy", scores)
    checked = check(path)
    [error] = checked.errors
    assert error.where == "runs[1] scores_seed1.npy"
    assert message in error.message
    assert len(checked.runs) == 1


def test_a_missing_file_and_a_folder_are_errors(make_submission):
    path = make_submission()
    (path.parent / "scores_seed0.npy").unlink()
    (path.parent / "scores_seed1.npy").unlink()
    (path.parent / "scores_seed1.npy").mkdir()
    first, second = messages(check(path), Level.ERROR)
    assert "is not there" in first
    assert "is a folder or a device, not a file" in second


def test_a_link_out_of_the_folder_is_refused(make_submission, tmp_path):
    path = make_submission()
    outside = tmp_path / "outside.npy"
    (path.parent / "scores_seed0.npy").rename(outside)
    (path.parent / "scores_seed0.npy").symlink_to(outside)
    [message] = messages(check(path), Level.ERROR)
    assert "leads out of the folder of the manifest" in message


def test_a_link_in_a_circle_is_an_error(make_submission):
    path = make_submission()
    link = path.parent / "scores_seed0.npy"
    link.unlink()
    link.symlink_to(link)
    assert len(check(path).errors) == 1


def test_a_file_beyond_the_limit_is_refused(make_submission, monkeypatch):
    path = make_submission()
    with (path.parent / "scores_seed0.npy").open("ab") as stream:
        stream.truncate(3 * 2**20)
    monkeypatch.setenv("REMATCH_MAX_FILE_MB", "2")
    [message] = messages(check(path), Level.ERROR)
    assert "has 3,145,728 bytes; at most 2,097,152 are taken in" in message


def test_more_runs_than_the_limit_are_refused(make_submission, monkeypatch):
    monkeypatch.setenv("REMATCH_MAX_RUNS", "1")
    [message] = messages(check(make_submission()), Level.ERROR)
    assert message.startswith("lists 2 runs; at most 1")


def test_an_unknown_protocol_is_answered_with_a_near_one(make_submission):
    [*_, message] = messages(check(make_submission(split=None, protocols=["coco-5kk"])), Level.ERROR)
    assert "There is no protocol named 'coco-5kk'. Did you mean coco-5k" in message


def test_a_protocol_with_a_split_and_a_split_file_exclude_each_other(make_submission):
    [*_, message] = messages(check(make_submission(protocols=["flickr30k-1k"])), Level.ERROR)
    assert "is defined on flickr30k/karpathy-test, and the manifest names the split file my_split.json" in message


def test_the_standard_protocol_needs_a_split_file(make_submission):
    [*_, message] = messages(check(make_submission(split=None, protocols=["standard"])), Level.ERROR)
    assert "name your split file (split: FILE)" in message


def test_a_missing_split_file_is_told_for_the_split_and_for_every_run(make_submission):
    checked = check(make_submission(split="none.json"))
    assert [error.where for error in checked.errors] == [
        "split", "runs[0] scores_seed0.npy", "runs[1] scores_seed1.npy",
    ]  # fmt: skip


def test_another_split_digest_is_refused(make_submission):
    runs = [{"file": "scores_seed0.npy", "split_digest": "sha256:" + "0" * 64}]
    [message] = messages(check(make_submission(runs=runs)), Level.ERROR)
    assert "sha256:0000" in message


def test_identical_files_under_different_seeds_are_a_warning(make_submission):
    path = make_submission()
    (path.parent / "scores_seed1.npy").write_bytes((path.parent / "scores_seed0.npy").read_bytes())
    checked = check(path)
    [message] = messages(checked, Level.WARN)
    assert "hands in the same under different seeds for standard" in message
    assert checked.is_acceptable


def test_identical_files_of_a_deterministic_system_are_as_they_should_be(make_submission):
    path = make_submission(deterministic=True)
    (path.parent / "scores_seed1.npy").write_bytes((path.parent / "scores_seed0.npy").read_bytes())
    assert messages(check(path), Level.WARN) == []


def test_a_deterministic_system_whose_files_differ_is_a_warning(make_submission):
    [message] = messages(check(make_submission(deterministic=True)), Level.WARN)
    assert "is declared deterministic, but the files for standard differ" in message


def test_the_seed_of_a_run_decides_the_draws_only_where_it_says_so(make_submission):
    runs = [{"file": "scores_seed1.npy", "seed": 5, "seed_governs": governs} for governs in (["folds"], ["training"])]
    seeds = [check(make_submission(runs=[run])).runs[0].planned[0].seed for run in runs]
    assert seeds == [5, 0]


def test_a_pipe_is_refused_without_waiting_for_it(make_submission):
    import os

    path = make_submission()
    (path.parent / "scores_seed0.npy").unlink()
    os.mkfifo(path.parent / "scores_seed0.npy")
    [message] = messages(check(path), Level.ERROR)
    assert "is a folder or a device" in message
