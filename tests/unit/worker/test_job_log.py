"""What a submitter can read of the work on an evaluation, and the one word to count it by."""

import logging
import signal
import time
import weakref
from datetime import UTC, datetime

import numpy as np
import pytest

from evaluator import reading
from evaluator.errors import ChangedFileError, ScoreFileError
from evaluator.model import MissingHereError, ModelError
from submissions import reasons, store
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.errors import ArtifactError, DatabaseError, SettingsError
from submissions.intake import submit
from submissions.reasons import Reason
from submissions.status import read_status
from submissions.status_document import status_document
from submissions.tables import Evaluation, Status
from worker import measuring
from worker.job_log import JobLog, logging_for, tell
from worker.jobs import run_evaluation
from worker.local import StoppedError
from worker.measuring import UnfitWorkerError
from worker.reaper import reap

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def queued(make_submission, monkeypatch):
    """A submission of one evaluation, and the evaluation; a fault is tried again at once."""
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.001")
    with session() as opened:
        submission = submit(opened, make_submission(n_runs=1))
        return submission.id, submission.runs[0].evaluations[0].id


def look(submission_id):
    with session() as opened:
        [one] = read_status(opened, submission_id).evaluations
        return one


def told(one):
    return [line.partition(": ")[2].partition(" host")[0] for line in one.log]


def failing(error):
    def fail(work):
        raise error

    return fail


def test_the_log_tells_each_stage_and_is_part_of_the_status(queued):
    submission_id, evaluation_id = queued
    assert run_evaluation(evaluation_id) is Status.SUCCEEDED
    one = look(submission_id)
    assert [text.partition(",")[0].partition(":")[0] for text in told(one)] == [
        told(one)[0].partition(":")[0],
        "The stored file was read and is whole",
        "Read as matrix; ranking 12 images and 24 captions.",
        "Measured",
    ]
    assert told(one)[0].startswith("Taken by worker ")
    assert all(", attempt 1: " in line for line in one.log)
    assert one.reason is None
    with session() as opened:
        document = status_document(read_status(opened, submission_id))["evaluations"][0]
    assert (document["log"], document["reason"]) == (list(one.log), None)


def test_no_path_and_no_traceback_of_the_server_reach_the_submitter(queued, monkeypatch, caplog):
    submission_id, evaluation_id = queued

    def burst(work):
        logging.getLogger("some.library").error("read %s", artifact_store().root)
        raise OSError(2, "No such file", str(artifact_store().root))

    monkeypatch.setattr(measuring, "score", burst)
    run_evaluation(evaluation_id)
    one = look(submission_id)
    assert str(artifact_store().root) in caplog.text
    assert str(artifact_store().root.parent) not in "\n".join([*one.log, one.message])
    assert "Traceback" not in "\n".join(one.log)


def test_the_lines_of_earlier_attempts_stay(queued, monkeypatch):
    submission_id, evaluation_id = queued
    score = measuring.score
    monkeypatch.setattr(measuring, "score", failing(ZeroDivisionError()))
    run_evaluation(evaluation_id)
    monkeypatch.setattr(measuring, "score", score)
    time.sleep(0.01)
    assert run_evaluation(evaluation_id) is Status.SUCCEEDED
    attempts = [line.partition(", attempt ")[2][0] for line in look(submission_id).log]
    assert attempts == ["1", "1", "2", "2", "2", "2"]


def test_a_running_evaluation_shows_its_log_with_the_sign_of_life(queued, monkeypatch):
    submission_id, evaluation_id = queued
    monkeypatch.setenv("REMATCH_HEARTBEAT_SECONDS", "0.02")
    seen = []

    def watch(work):
        deadline = time.monotonic() + 10
        while not look(submission_id).log and time.monotonic() < deadline:
            time.sleep(0.02)
        seen.extend(look(submission_id).log)
        raise ScoreFileError("No.")

    monkeypatch.setattr(measuring, "score", watch)
    run_evaluation(evaluation_id)
    assert len(seen) == 1
    assert "Taken by worker" in seen[0]


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (ScoreFileError("Upside down."), Status.FAILED, Reason.INPUT),
        (TimeoutError(), Status.FAILED, Reason.TIME_LIMIT),
        (ZeroDivisionError(), Status.QUEUED, Reason.INTERNAL),
        (MemoryError(), Status.QUEUED, Reason.MEMORY),
        (MissingHereError("No weights."), Status.QUEUED, Reason.MISSING_HERE),
        (ArtifactError("Gone."), Status.QUEUED, Reason.ARTIFACT),
        (ChangedFileError("Replaced."), Status.QUEUED, Reason.ARTIFACT),
        (UnfitWorkerError("Old."), Status.QUEUED, Reason.UNFIT_WORKER),
        (SettingsError("Wrong."), Status.QUEUED, Reason.SETTINGS),
        (DatabaseError("Away."), Status.QUEUED, Reason.DATABASE),
    ],
)
def test_whatever_ends_an_attempt_is_counted_by_one_word(queued, monkeypatch, error, status, reason):
    submission_id, evaluation_id = queued
    monkeypatch.setattr(measuring, "score", failing(error))
    assert run_evaluation(evaluation_id) is status
    one = look(submission_id)
    assert (one.status, one.reason) == (status, reason)
    assert len(one.log) == 2
    with session() as opened:
        assert opened.get_one(Evaluation, evaluation_id).our_fault is (status is Status.FAILED and reason.is_ours)
        if status is Status.FAILED:
            assert store.requeue(opened, evaluation_id)
    if status is Status.FAILED:
        assert look(submission_id).reason is None


def test_a_claim_takes_the_reason_away(queued, monkeypatch):
    _, evaluation_id = queued
    monkeypatch.setattr(measuring, "score", failing(ZeroDivisionError()))
    run_evaluation(evaluation_id)
    time.sleep(0.01)
    with session() as opened:
        assert store.claim(opened, evaluation_id).reason is None


def test_a_stopped_worker_says_so_in_the_log_and_leaves_no_reason(queued, monkeypatch):
    submission_id, evaluation_id = queued
    monkeypatch.setattr(measuring, "score", failing(StoppedError(signal.SIGTERM)))
    with pytest.raises(StoppedError):
        run_evaluation(evaluation_id)
    one = look(submission_id)
    assert (one.status, one.reason) == (Status.QUEUED, None)
    assert "The worker was told to stop" in one.log[-1]


def test_a_lost_worker_is_named_in_the_log_and_counted(queued):
    submission_id, evaluation_id = queued
    for attempt in range(reasons.MAX_ATTEMPTS):
        with session() as opened:
            store.claim(opened, evaluation_id, worker="far:1").heartbeat_at = datetime.fromtimestamp(0, UTC)
        reap()
        one = look(submission_id)
        assert one.reason == Reason.WORKER_LOST
        assert one.log[-1].endswith(f"attempt {attempt + 1}: Its worker, far:1, died or fell silent.")
    assert (one.status, len(one.log)) == (Status.FAILED, reasons.MAX_ATTEMPTS)


def test_memory_that_runs_out_is_never_the_files_fault_however_a_reader_words_it(queued, monkeypatch):
    submission_id, evaluation_id = queued

    def read(work):
        try:
            failing(MemoryError())(work)
        except MemoryError:
            raise ScoreFileError("The header is garbled.") from None

    monkeypatch.setattr(measuring, "score", read)
    for _ in range(reasons.MAX_ATTEMPTS):
        run_evaluation(evaluation_id)
        time.sleep(0.02)
    one = look(submission_id)
    assert (one.status, one.reason, one.message) == (Status.FAILED, Reason.MEMORY, reasons.MEMORY_MESSAGE)
    with session() as opened:
        assert opened.get_one(Evaluation, evaluation_id).our_fault


def test_a_model_that_is_too_large_for_the_device_keeps_its_own_words(queued, monkeypatch):
    submission_id, evaluation_id = queued

    def run(work):
        raise ModelError("A single picture does not fit into the memory of cuda:0.") from MemoryError()

    monkeypatch.setattr(measuring, "score", run)
    for _ in range(reasons.MAX_ATTEMPTS):
        run_evaluation(evaluation_id)
        time.sleep(0.02)
    assert look(submission_id).message == "A single picture does not fit into the memory of cuda:0."
    assert look(submission_id).reason == Reason.MEMORY


def test_what_failed_lets_go_of_its_memory_before_that_is_recorded(queued, monkeypatch):
    kept, alive = [], []

    def burst(work):
        array = np.zeros(10)
        kept.append(weakref.ref(array))
        raise MemoryError

    retry = store.retry_or_fail
    monkeypatch.setattr(measuring, "score", burst)
    monkeypatch.setattr(store, "retry_or_fail", lambda *a, **k: alive.append(kept[0]()) or retry(*a, **k))
    run_evaluation(queued[1])
    assert alive == [None]


def test_a_line_that_is_told_outside_of_any_evaluation_is_only_logged(caplog):
    caplog.set_level(logging.INFO)
    tell("Nobody works.")
    with logging_for(JobLog(1)) as log:
        tell("Somebody works.")
    assert log.tail.endswith("attempt 1: Somebody works.")
    assert [record.message for record in caplog.records] == ["Nobody works.", "Somebody works."]


def test_a_result_waits_for_a_database_that_is_away_for_a_moment(queued, monkeypatch):
    submission_id, evaluation_id = queued
    record, faults = store.record_success, [DatabaseError("Away."), DatabaseError("Still away.")]

    def sometimes(*arguments, **options):
        if faults:
            raise faults.pop()
        return record(*arguments, **options)

    monkeypatch.setattr(store, "record_success", sometimes)
    assert run_evaluation(evaluation_id) is Status.SUCCEEDED
    assert look(submission_id).attempts == 1


def test_a_result_is_given_up_when_another_may_have_been_given_the_evaluation(queued, monkeypatch):
    monkeypatch.setenv("REMATCH_STALE_SECONDS", "0.5")
    monkeypatch.setenv("REMATCH_HEARTBEAT_SECONDS", "0.1")
    monkeypatch.setattr(store, "record_success", lambda *_, **__: failing(DatabaseError("Away."))(None))
    with pytest.raises(DatabaseError):
        run_evaluation(queued[1])
    assert look(queued[0]).status is Status.RUNNING


def test_a_stored_file_that_is_handed_in_again_while_it_is_read_is_not_blamed(queued, make_submission, monkeypatch):
    submission_id, evaluation_id = queued
    refuse_changed, again = reading.refuse_changed, []

    def hand_in_meanwhile(path, stamp):
        if not again:
            # First: to check what is handed in reads it in the same way.
            again.append(path)
            with session() as opened:
                submit(opened, make_submission("again", n_runs=1, system="The same scores"))
        refuse_changed(path, stamp)

    monkeypatch.setattr(reading, "refuse_changed", hand_in_meanwhile)
    assert run_evaluation(evaluation_id) is Status.QUEUED
    assert look(submission_id).reason == Reason.ARTIFACT
    time.sleep(0.02)
    assert run_evaluation(evaluation_id) is Status.SUCCEEDED
    assert look(submission_id).attempts == 1
