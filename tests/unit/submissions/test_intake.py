"""Taking in: all or nothing, once, and only by whom it belongs to."""

import threading
from uuid import uuid4

import numpy as np
import pytest
from sqlmodel import select

from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.errors import AlreadySubmittedError, ArtifactError, SubmissionError
from submissions.intake import SubmissionRefusedError, check, record, submit
from submissions.settings import get_settings
from submissions.status import read_status
from submissions.tables import Artifact, Evaluation, Status, Submission, SubmittedRun

pytestmark = pytest.mark.usefixtures("prepared")


def hand_in(path, **options):
    with session() as opened:
        return submit(opened, path, **options).id


def count(table):
    with session() as opened:
        return len(opened.exec(select(table)).all())


def stored_files():
    return [path for path in artifact_store().root.rglob("*") if path.is_file()]


def test_a_submission_is_recorded_with_its_runs_and_queued_evaluations(make_submission):
    submission_id = hand_in(make_submission())
    with session() as opened:
        submission = opened.get_one(Submission, submission_id)
        assert submission.system == "Noise"
        assert submission.manifest["runs"][1]["file"] == "scores_seed1.npy"
        assert [run.seed for run in submission.runs] == [0, 1]
        for run in submission.runs:
            [evaluation] = run.evaluations
            assert evaluation.status is Status.QUEUED
            assert (evaluation.protocol, evaluation.split, evaluation.centricity) == ("standard", "mine/test", "scene")
            assert evaluation.queued_at.tzinfo is not None
            artifact = opened.get_one(Artifact, run.artifact_sha256)
            assert artifact_store().open_path(artifact.sha256, artifact.size)
            assert artifact.filename == f"scores_seed{run.seed}.npy"
    assert len(stored_files()) == count(Artifact) == 3


def test_a_broken_file_leaves_nothing_behind(make_submission):
    path = make_submission()
    np.save(path.parent / "scores_seed1.npy", np.full((12, 24), np.inf))
    with pytest.raises(SubmissionRefusedError, match=r"runs\[1\] scores_seed1.npy: .*not finite") as caught:
        hand_in(path)
    assert "Nothing was stored" in str(caught.value)
    assert [count(table) for table in (Submission, SubmittedRun, Evaluation, Artifact)] == [0, 0, 0, 0]
    assert not artifact_store().root.exists()


@pytest.mark.parametrize("seed", [0, 1])
def test_a_file_that_changes_after_its_check_leaves_nothing_behind(make_submission, seed):
    path = make_submission()
    checked = check(path)
    np.save(path.parent / f"scores_seed{seed}.npy", np.ones((12, 24)))
    with pytest.raises(ArtifactError, match="changed while it was being handed in"), session() as opened:
        record(opened, checked)
    assert count(Submission) == count(Artifact) == 0
    assert stored_files() == []


def test_the_same_again_names_the_first(make_submission):
    first = hand_in(make_submission())
    with pytest.raises(AlreadySubmittedError, match=str(first)) as caught:
        hand_in(make_submission("elsewhere"))
    assert caught.value.submission_id == first
    assert count(Submission) == 1


def test_the_same_of_another_submitter_is_another_submission(make_submission):
    hand_in(make_submission())
    hand_in(make_submission("theirs", submitter="Somebody else"))
    assert count(Submission) == 2
    assert count(Artifact) == 3


def test_two_at_once_are_recorded_once(make_submission):
    checked = check(make_submission())
    outcomes = []
    barrier = threading.Barrier(4)

    def hand_in_at_once():
        barrier.wait()
        try:
            with session() as opened:
                outcomes.append(record(opened, checked).id)
        except AlreadySubmittedError as error:
            outcomes.append(error.submission_id)

    threads = [threading.Thread(target=hand_in_at_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert len(set(outcomes)) == count(Submission) == 1
    assert count(Evaluation) == 2


def test_a_submission_replaces_an_earlier_one_of_the_same_submitter(make_submission):
    first = hand_in(make_submission())
    second = hand_in(make_submission("second", system="Noise, mended"), supersedes=first)
    with session() as opened:
        assert read_status(opened, first).superseded_by == second
        assert opened.get_one(Submission, first).system == "Noise"
    with pytest.raises(SubmissionError, match=f"was replaced already, by {second}"):
        hand_in(make_submission("third", system="Noise, again"), supersedes=first)


def test_only_the_submitter_may_replace(make_submission):
    first = hand_in(make_submission())
    with pytest.raises(SubmissionError, match="is of 'Somebody'; 'Somebody else' cannot replace it"):
        hand_in(make_submission("theirs", submitter="Somebody else"), supersedes=first)
    with pytest.raises(SubmissionError, match="There is no submission"):
        hand_in(make_submission("other", system="Other"), supersedes=uuid4())
    assert count(Submission) == 1


def test_everything_is_kept_under_the_home(make_submission):
    hand_in(make_submission())
    assert {path.name for path in get_settings().home.iterdir()} >= {"rematch.db", "artifacts"}
