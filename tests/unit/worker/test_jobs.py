"""Running an evaluation: done once, recorded whole, given back when stopped, and never blamed on the wrong side."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from evaluator.counts_codec import decode_counts
from evaluator.effects_codec import decode_effects
from submissions import reasons, store
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Evaluation, ImageEffects, QueryRanks, Result, Status
from worker import measuring
from worker.jobs import run_evaluation
from worker.local import StoppedError, drain
from worker.reaper import reap

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def queued(make_submission):
    """The ids of two queued evaluations, in the order of the manifest."""
    with session() as opened:
        submission = submit(opened, make_submission())
        return [run.evaluations[0].id for run in sorted(submission.runs, key=lambda run: run.position)]


@pytest.fixture
def no_waiting(monkeypatch):
    """What failed through us may be tried again at once."""
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "1e-9")


def load(evaluation_id):
    with session() as opened:
        return opened.get_one(Evaluation, evaluation_id)


def test_an_evaluation_is_recorded_with_results_ranks_and_provenance(queued):
    assert run_evaluation(queued[0]) is Status.SUCCEEDED
    evaluation = load(queued[0])
    assert evaluation.status is Status.SUCCEEDED
    assert (evaluation.n_images, evaluation.n_captions, evaluation.attempts) == (12, 24, 1)
    assert evaluation.worker.startswith(os.uname().nodename)
    assert evaluation.started_at <= evaluation.finished_at
    assert len(evaluation.ranks_sha256) == 64
    assert evaluation.judgments_digest.startswith("sha256:")
    with session() as opened:
        results = opened.exec(select(Result)).all()
        assert {(one.metric, one.direction) for one in results} >= {("R@1", "i2t"), ("R@10", "t2i"), ("rsum", "both")}
        ranks = {one.direction: decode_counts(one.content) for one in opened.exec(select(QueryRanks))}
        [effects] = opened.exec(select(ImageEffects)).all()
    assert ranks["i2t"].above.shape == (1, 12)
    assert ranks["t2i"].above.shape == (1, 24)
    assert (effects.metric, effects.n_clusters, len(decode_effects(effects.content))) == ("rsum", 12, 12)


def test_the_stored_number_is_the_one_of_scoring_at_home(queued, make_submission):
    from evaluator.evaluation import evaluate
    from evaluator.protocol import PROTOCOLS
    from evaluator.reading import read_score_file
    from splits.loading import load_split

    run_evaluation(queued[1])
    folder = make_submission().parent
    split = load_split(folder / "my_split.json")
    report = evaluate(read_score_file(folder / "scores_seed1.npy", split), PROTOCOLS["standard"], split)
    with session() as opened:
        stored = opened.get_one(Result, (queued[1], "rsum", "both"))
    assert (stored.expected, (stored.low, stored.high)) == (report.value("rsum").expected, report.value("rsum").ci95)


def test_a_second_delivery_does_nothing(queued):
    assert run_evaluation(queued[0]) is Status.SUCCEEDED
    finished = load(queued[0]).finished_at
    assert run_evaluation(queued[0]) is None
    assert load(queued[0]).finished_at == finished


def test_a_running_evaluation_is_not_taken_twice(queued):
    with session() as opened:
        assert store.claim(opened, queued[0])
    assert run_evaluation(queued[0]) is None


def test_an_error_of_the_input_fails_with_its_message_and_no_second_attempt(queued, monkeypatch):
    from splits.errors import RematchError

    def refuse(work):
        raise RematchError("The scores are upside down. Turn them.")

    monkeypatch.setattr(measuring, "score", refuse)
    assert run_evaluation(queued[0]) is Status.FAILED
    assert load(queued[0]).message == "The scores are upside down. Turn them."


def test_a_fault_of_ours_is_tried_three_times_and_told_neutrally(queued, no_waiting, monkeypatch, caplog):
    def burst(work):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(measuring, "score", burst)
    assert [run_evaluation(queued[0]) for _ in range(4)] == [Status.QUEUED, Status.QUEUED, Status.FAILED, None]
    evaluation = load(queued[0])
    assert evaluation.message == reasons.OURS_MESSAGE
    assert (evaluation.attempts, evaluation.our_fault) == (reasons.MAX_ATTEMPTS, True)
    assert "secret detail" in caplog.text


def test_after_a_fault_of_ours_an_evaluation_waits_longer_each_time(queued, monkeypatch):
    monkeypatch.setattr(measuring, "score", lambda work: 1 / 0)
    waits = []
    for _ in range(2):
        assert run_evaluation(queued[0]) is Status.QUEUED
        assert run_evaluation(queued[0]) is None, "before it is due nobody takes it"
        waits.append((load(queued[0]).not_before - datetime.now(UTC)).total_seconds())
        make_due(queued[0])
    assert waits == pytest.approx([10, 40], abs=3)


def make_due(evaluation_id):
    with session() as opened:
        opened.get_one(Evaluation, evaluation_id).not_before = datetime.now(UTC) - timedelta(seconds=1)


def test_a_store_of_files_that_is_away_costs_no_attempt_however_often_it_is_looked_for(queued):
    root = artifact_store().root
    root.rename(root.with_name("away"))
    assert drain() == 2
    assert drain() == 0, "what waits is left for later"
    for _ in range(6):
        make_due(queued[0])
        assert run_evaluation(queued[0]) is Status.QUEUED
    evaluation = load(queued[0])
    assert (evaluation.attempts, evaluation.message) == (0, reasons.POSTPONED_MESSAGE)
    assert (evaluation.not_before - datetime.now(UTC)).total_seconds() == pytest.approx(900, abs=5)
    root.with_name("away").rename(root)
    for evaluation_id in queued:
        make_due(evaluation_id)
    assert drain() == 2
    assert {load(evaluation_id).status for evaluation_id in queued} == {Status.SUCCEEDED}


def test_a_patient_drain_waits_for_what_is_due_soon(queued, monkeypatch):
    monkeypatch.setenv("REMATCH_RETRY_SECONDS", "0.2")
    score, failed = measuring.score, []

    def fail_once(work):
        if work.evaluation_id not in failed:
            failed.append(work.evaluation_id)
            raise ZeroDivisionError
        return score(work)

    monkeypatch.setattr(measuring, "score", fail_once)
    assert drain(patience_seconds=30) == 4
    assert {load(evaluation_id).status for evaluation_id in queued} == {Status.SUCCEEDED}


def test_a_stored_file_of_the_right_size_with_other_content_is_not_scored(queued):
    with session() as opened:
        sha256 = opened.get_one(Evaluation, queued[0]).run.artifact_sha256
    path = artifact_store().location(sha256)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    assert run_evaluation(queued[0]) is Status.QUEUED
    assert load(queued[0]).message == reasons.POSTPONED_MESSAGE


def test_a_worker_of_another_protocol_version_leaves_it_to_others_and_costs_no_attempt(queued):
    with session() as opened:
        opened.get_one(Evaluation, queued[0]).protocol_version = 99
    for _ in range(5):
        assert run_evaluation(queued[0]) is Status.QUEUED
        make_due(queued[0])
    assert load(queued[0]).attempts == 0


def test_a_setting_of_ours_that_is_wrong_is_not_blamed_on_the_file(queued, monkeypatch):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", "s3://bucket/scores")
    assert run_evaluation(queued[0]) is Status.QUEUED


def test_an_evaluation_that_takes_too_long_fails_with_the_limit(queued, monkeypatch):
    class TooLongError(Exception):
        pass

    def last(work):
        raise TooLongError

    monkeypatch.setattr(measuring, "score", last)
    assert run_evaluation(queued[0], too_long=TooLongError) is Status.FAILED
    assert "stopped after 3,600 seconds" in load(queued[0]).message
    assert load(queued[0]).our_fault


def test_a_stopped_evaluation_goes_back_and_the_attempt_does_not_count(queued, monkeypatch):
    def stop(work):
        raise StoppedError(signal.SIGTERM)

    monkeypatch.setattr(measuring, "score", stop)
    with pytest.raises(StoppedError):
        run_evaluation(queued[0])
    evaluation = load(queued[0])
    assert (evaluation.status, evaluation.attempts, evaluation.worker) == (Status.QUEUED, 0, None)


def test_a_worker_given_up_for_dead_records_nothing(queued, no_waiting, monkeypatch):
    score = measuring.score

    def lose_the_claim_meanwhile(work):
        with session() as opened:
            opened.get_one(Evaluation, work.evaluation_id).heartbeat_at = datetime.now(UTC) - timedelta(hours=1)
        assert reap().requeued == (work.evaluation_id,)
        with session() as opened:
            assert store.claim(opened, work.evaluation_id, worker="another").attempts == 2
        return score(work)

    monkeypatch.setattr(measuring, "score", lose_the_claim_meanwhile)
    assert run_evaluation(queued[0]) is None
    evaluation = load(queued[0])
    assert (evaluation.status, evaluation.worker) == (Status.RUNNING, "another")
    with session() as opened:
        assert opened.exec(select(Result)).all() == []


def test_a_running_evaluation_gives_signs_of_life(queued, monkeypatch):
    monkeypatch.setenv("REMATCH_HEARTBEAT_SECONDS", "0.05")
    seen = []
    score = measuring.score

    def watch(work):
        first = load(work.evaluation_id).heartbeat_at
        deadline = time.monotonic() + 10
        while load(work.evaluation_id).heartbeat_at == first and time.monotonic() < deadline:
            time.sleep(0.02)
        seen.append(load(work.evaluation_id).heartbeat_at > first)
        return score(work)

    monkeypatch.setattr(measuring, "score", watch)
    assert run_evaluation(queued[0]) is Status.SUCCEEDED
    assert seen == [True]
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_what_is_lost_too_often_fails_in_words(queued, no_waiting):
    for attempt in range(reasons.MAX_ATTEMPTS):
        with session() as opened:
            store.claim(opened, queued[0]).heartbeat_at = datetime.now(UTC) - timedelta(hours=1)
        swept = reap()
        assert (swept.requeued, swept.failed) == (((queued[0],), ()) if attempt < 2 else ((), (queued[0],)))
    assert load(queued[0]).message == reasons.LOST_MESSAGE


def test_an_operator_may_queue_a_failed_evaluation_again(queued):
    with session() as opened:
        claim = store.claim(opened, queued[0]).claims
        store.record_failure(opened, queued[0], "No.", claim=claim)
    with session() as opened:
        assert store.requeue(opened, queued[0])
        assert not store.requeue(opened, queued[0])
    assert run_evaluation(queued[0]) is Status.SUCCEEDED


def test_who_held_it_before_it_was_queued_again_can_record_nothing(queued):
    def claim():
        with session() as opened:
            return store.claim(opened, queued[0]).claims

    first = claim()
    with session() as opened:
        assert store.release(opened, queued[0], claim=first)
    second = claim()
    with session() as opened:
        assert store.record_failure(opened, queued[0], "Second.", claim=second)
        assert store.requeue(opened, queued[0])
    third = claim()
    assert load(queued[0]).attempts == 1
    with session() as opened:
        for stale in (first, second):
            assert not store.heartbeat(opened, queued[0], claim=stale)
            assert not store.record_failure(opened, queued[0], "Late.", claim=stale)
            assert not store.release(opened, queued[0], claim=stale)
            assert not store.postpone(opened, queued[0], claim=stale, wait_seconds=1)
            assert store.retry_or_fail(opened, queued[0], claim=stale, wait_seconds=1) is None
        assert store.heartbeat(opened, queued[0], claim=third)


def test_a_cancelled_evaluation_is_not_run(queued):
    with session() as opened:
        assert store.cancel(opened, queued[0], "Replaced.")
    assert drain() == 1
    assert load(queued[0]).status is Status.CANCELLED


def test_draining_runs_everything_that_is_queued(queued):
    assert drain() == 2
    assert drain() == 0
    assert {load(evaluation_id).status for evaluation_id in queued} == {Status.SUCCEEDED}


def test_identical_scores_have_identical_ranks(make_submission):
    path = make_submission()
    scores = np.load(path.parent / "scores_seed0.npy")
    np.save(path.parent / "scores_seed1.npy", scores * 2)
    with session() as opened:
        submission_id = submit(opened, path).id
    drain()
    with session() as opened:
        assert {one.status for one in read_status(opened, submission_id).evaluations} == {Status.SUCCEEDED}
        assert len({one.ranks_sha256 for one in opened.exec(select(Evaluation))}) == 1


def test_a_local_worker_process_that_is_told_to_stop_gives_its_work_back(queued, tmp_path):
    script = tmp_path / "slow.py"
    script.write_text(
        "import time\nfrom worker import local, measuring\n"
        "measuring.score = lambda work: time.sleep(60)\nlocal.main([])\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, cwd=Path(__file__).parents[3])
    try:
        deadline = time.monotonic() + 30
        while load(queued[0]).status is not Status.RUNNING and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, log
    assert (load(queued[0]).status, load(queued[0]).attempts) == (Status.QUEUED, 0)
