"""Handing the same in again: a mended file, another chance after a fault of ours, a newer version of a protocol."""

from dataclasses import replace

import pytest
from sqlmodel import select

from submissions import reasons, store
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.intake import check, submit
from submissions.reasons import Reason
from submissions.renewal import Renewed, renew
from submissions.status import read_status
from submissions.tables import Evaluation, Status

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def handed_in(make_submission):
    """What was checked, and the id of the submission."""
    path = make_submission()
    with session() as opened:
        return check(path), submit(opened, path).id


def again(handed_in):
    with session() as opened:
        return renew(opened, *handed_in)


def evaluations():
    with session() as opened:
        return list(opened.exec(select(Evaluation).order_by(Evaluation.protocol_version)))


def fail(evaluation_id, reason):
    with session() as opened:
        claimed = store.claim(opened, evaluation_id)
        assert store.record_failure(opened, evaluation_id, "No.", claim=claimed.claims, reason=reason)


def newer(checked):
    """The same as checked by a version that has a newer protocol."""
    runs = (
        replace(run, planned=tuple(replace(one, protocol_version=one.protocol_version + 1) for one in run.planned))
        for run in checked.runs
    )
    return replace(checked, runs=tuple(runs))


def test_a_submission_that_is_well_is_left_alone(handed_in):
    assert again(handed_in) == Renewed(0, (), ())


def test_what_failed_through_us_gets_another_chance_and_what_failed_through_its_file_does_not(handed_in):
    ours, theirs = (one.id for one in evaluations())
    fail(ours, Reason.INTERNAL)
    fail(theirs, Reason.INPUT)
    assert again(handed_in).requeued == (ours,)
    found = {one.id: one for one in evaluations()}
    assert (found[ours].status, found[ours].attempts, found[ours].our_fault) == (Status.QUEUED, 0, False)
    assert found[theirs].status is Status.FAILED


def test_a_damaged_stored_file_is_replaced(handed_in):
    checked, _ = handed_in
    content = checked.runs[0].file.content
    path = artifact_store().location(content.sha256)
    path.chmod(0o644)
    path.write_bytes(b"x" * content.size)
    assert again(handed_in).mended_files == 1
    assert artifact_store().is_whole(content)


def test_what_waits_for_a_file_is_due_once_the_file_is_back(handed_in):
    [first, _] = evaluations()
    with session() as opened:
        claimed = store.claim(opened, first.id)
        assert store.postpone(opened, first.id, claim=claimed.claims, wait_seconds=1000)
        assert store.claim(opened, first.id) is None
    assert again(handed_in).requeued == (first.id,)
    with session() as opened:
        assert store.claim(opened, first.id)


def test_a_newer_version_of_a_protocol_is_added_and_old_results_stay(handed_in):
    checked, submission_id = handed_in
    done, waiting = (one.id for one in evaluations())
    fail(done, Reason.INPUT)
    renewed = again((newer(checked), submission_id))
    assert len(renewed.added) == 2
    assert again((newer(checked), submission_id)) == Renewed(0, (), ())
    found = {one.id: one for one in evaluations()}
    assert len(found) == 4
    assert found[done].status is Status.FAILED
    assert (found[waiting].status, found[waiting].message) == (Status.CANCELLED, reasons.OUTDATED_MESSAGE)
    with session() as opened:
        status = read_status(opened, submission_id)
    assert status.status is Status.QUEUED
    assert {one.protocol_version for one in status.current} == {checked.runs[0].planned[0].protocol_version + 1}


def test_a_replaced_submission_is_not_scored_again(handed_in, make_submission):
    checked, submission_id = handed_in
    with session() as opened:
        submit(opened, make_submission("second", system="Second"), supersedes=submission_id)
    assert again((newer(checked), submission_id)) == Renewed(0, (), ())
