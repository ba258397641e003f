"""Handing in over the API: recorded once, queued, told of, and the same numbers as at home."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from submissions import store
from submissions.database import session
from submissions.reasons import Reason
from submissions.tables import Evaluation, Submission
from tests.integration.api.conftest import bearer, make_token
from tests.integration.api.handing_in import hand_in, request_of
from tests.servers import MAIN, ROOT


def fail_through_us(submission_id):
    with session() as opened:
        for evaluation in opened.exec(select(Evaluation)):
            if str(evaluation.run.submission_id) == submission_id:
                claimed = store.claim(opened, evaluation.id, worker="test")
                assert claimed is not None
                store.record_failure(opened, claimed.id, "Ours.", claim=claimed.claims, reason=Reason.INTERNAL)


def rematch(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", MAIN, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, **options,
    )  # fmt: skip


def test_what_is_handed_in_is_recorded_queued_and_announced(api, tokens, make_submission, announced):
    found = hand_in(api, tokens["alice"], make_submission(submitter="alice"))
    assert (found["system"], found["submitter"], found["status"]) == ("Noise", "alice", "queued")
    assert [str(one) for one in announced] == [one["evaluation"] for one in found["evaluations"]]
    again = api.get(f"/api/v1/submissions/{found['submission']}").json()
    assert again == found


def test_the_whole_way_from_the_command_to_the_result(
    postgres_url, redis_url, monkeypatch, celery_worker, serve, make_submission, tmp_path
):
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    manifest = make_submission(submitter="alice")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
    token = make_token("alice")
    with serve() as (_, url), celery_worker():
        assert rematch("login", url, "--stdin", input=token).returncode == 0
        done = rematch("submit", manifest, "--server", url, "--json")
        assert done.returncode == 0, done.stderr
        there = json.loads(done.stdout)
        shown = rematch("status", there["submission"], "--server", url)
        assert "Noise by alice: succeeded" in shown.stdout
    at_home = json.loads(
        rematch("score", manifest.parent / "scores_seed0.npy", "--protocol", "standard",
                "--split", manifest.parent / "my_split.json", "--json").stdout
    )  # fmt: skip
    first = there["evaluations"][0]
    assert first["values"]["i2t R@1"] == at_home["metrics"]["i2t"]["R@1"]["expected"]
    assert first["values"]["rsum"] == at_home["metrics"]["rsum"]["expected"]


def test_a_request_with_a_key_is_done_once(api, tokens, make_submission, announced):
    body = request_of(api, tokens["alice"], make_submission(submitter="alice"))
    headers = {**bearer(tokens["alice"]), "Idempotency-Key": "one"}
    first, second = (api.post("/api/v1/submissions", json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert len(announced) == 2
    other = api.post("/api/v1/submissions", json={**body, "private": True}, headers=headers)
    assert other.status_code == 409
    assert "used for another request" in other.json()["error"]["message"]


def test_the_same_handed_in_again_is_answered_with_what_it_became(api, tokens, make_submission):
    manifest = make_submission(submitter="alice")
    found = hand_in(api, tokens["alice"], manifest)
    body = request_of(api, tokens["alice"], manifest)
    again = api.post("/api/v1/submissions", json=body, headers=bearer(tokens["alice"]))
    assert again.status_code == 200
    assert again.json()["submission"] == found["submission"]
    with session() as opened:
        assert len(opened.exec(select(Submission)).all()) == 1


def test_errors_are_told_as_findings_with_the_names_of_the_sender(api, tokens, make_submission):
    manifest = make_submission(submitter="alice")
    (manifest.parent / "scores_seed1.npy").write_bytes(b"this is no array")
    body = request_of(api, tokens["alice"], manifest)
    refused = api.post("/api/v1/submissions", json=body, headers=bearer(tokens["alice"]))
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["code"] == "refused"
    assert "runs[1] scores_seed1.npy" in error["message"]
    for secret in (body["files"]["scores_seed1.npy"], "artifacts", str(Path.cwd())):
        assert secret not in json.dumps(error)
    with session() as opened:
        assert opened.exec(select(Submission)).all() == []


def test_a_dry_run_says_the_same_and_stores_nothing(api, tokens, make_submission):
    body = request_of(api, tokens["alice"], make_submission(submitter="alice"))
    found = api.post("/api/v1/submissions/check", json=body, headers=bearer(tokens["alice"])).json()
    assert found["acceptable"]
    assert {one["level"] for one in found["findings"]} == {"OK"}
    with session() as opened:
        assert opened.exec(select(Submission)).all() == []


def test_nobody_hands_in_under_the_name_of_another(api, tokens, make_submission):
    body = request_of(api, tokens["bob"], make_submission(submitter="alice"))
    refused = api.post("/api/v1/submissions", json=body, headers=bearer(tokens["bob"]))
    assert refused.status_code == 422
    assert "expected 'bob', the name of your account" in refused.json()["error"]["message"]


def test_a_file_that_is_sent_along_and_not_named_is_an_error(api, tokens, make_submission):
    body = request_of(api, tokens["alice"], make_submission(submitter="alice"))
    body["files"]["more.npy"] = body["files"]["scores_seed0.npy"]
    refused = api.post("/api/v1/submissions", json=body, headers=bearer(tokens["alice"]))
    assert "more.npy is sent along" in refused.json()["error"]["message"]


def test_the_quota_of_a_day_ends_and_failures_of_the_board_do_not_count(api, tokens, make_submission, monkeypatch):
    monkeypatch.setenv("REMATCH_API_DAILY_SUBMISSIONS", "1")
    first = hand_in(api, tokens["alice"], make_submission("one", submitter="alice"))
    body = request_of(api, tokens["alice"], make_submission("two", submitter="alice", system="Two"))
    refused = api.post("/api/v1/submissions", json=body, headers=bearer(tokens["alice"]))
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "quota")
    again = request_of(api, tokens["alice"], make_submission("one", submitter="alice"))
    assert api.post("/api/v1/submissions", json=again, headers=bearer(tokens["alice"])).status_code == 200
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    fail_through_us(first["submission"])
    assert api.post("/api/v1/submissions", json=body, headers=bearer(tokens["alice"])).status_code == 201
    quota = api.get("/api/v1/me", headers=bearer(tokens["alice"])).json()["quota"]
    assert (quota["submissions_today"], quota["most_submissions"]) == (1, 1)


def test_only_so_many_evaluations_wait_at_once(api, tokens, make_submission, monkeypatch):
    monkeypatch.setenv("REMATCH_API_UNFINISHED_EVALUATIONS", "3")
    hand_in(api, tokens["alice"], make_submission("one", submitter="alice"))
    body = request_of(api, tokens["alice"], make_submission("two", submitter="alice", system="Two"))
    refused = api.post("/api/v1/submissions", json=body, headers=bearer(tokens["alice"]))
    assert (
        "At most 3 evaluations may wait or run at the same time, found 2 and 2 more"
        in refused.json()["error"]["message"]
    )
    # Bob has a quota of his own.
    hand_in(api, tokens["bob"], make_submission("three", submitter="bob", system="Three"))


def test_what_waits_can_be_cancelled_and_what_failed_through_us_requeued(api, tokens, make_submission, announced):
    first = hand_in(api, tokens["alice"], make_submission("one", submitter="alice"))
    path = f"/api/v1/submissions/{first['submission']}"
    gone = api.post(f"{path}/cancel", headers=bearer(tokens["alice"])).json()
    assert len(gone["evaluations"]) == 2
    shown = api.get(path).json()
    assert (shown["status"], {one["reason"] for one in shown["evaluations"]}) == ("cancelled", {"withdrawn"})
    second = hand_in(api, tokens["alice"], make_submission("two", submitter="alice", system="Two"))
    fail_through_us(second["submission"])
    announced.clear()
    again = api.post(f"/api/v1/submissions/{second['submission']}/requeue", headers=bearer(tokens["alice"])).json()
    assert sorted(again["evaluations"]) == sorted(map(str, announced)) != []


def test_a_newer_submission_takes_the_place_of_ones_own_alone(api, tokens, make_submission):
    first = hand_in(api, tokens["alice"], make_submission("one", submitter="alice"))
    newer = make_submission("two", submitter="alice", description="Better.")
    second = hand_in(api, tokens["alice"], newer, supersedes=first["submission"])
    assert api.get(f"/api/v1/submissions/{first['submission']}").json()["superseded_by"] == second["submission"]
    body = request_of(api, tokens["bob"], make_submission("three", submitter="bob"), supersedes=second["submission"])
    refused = api.post("/api/v1/submissions", json=body, headers=bearer(tokens["bob"]))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")


def test_a_private_one_never_hides_a_public_one(api, tokens, make_submission):
    first = hand_in(api, tokens["alice"], make_submission("one", submitter="alice"))
    newer = make_submission("two", submitter="alice", description="Better.")
    body = request_of(api, tokens["alice"], newer, supersedes=first["submission"], private=True)
    refused = api.post("/api/v1/submissions", json=body, headers=bearer(tokens["alice"]))
    assert refused.status_code == 409
    assert "a private one cannot take its place" in refused.json()["error"]["message"]


@pytest.mark.parametrize("n_threads", [6])
def test_the_quota_holds_when_many_hand_in_at_once(api, tokens, make_submission, monkeypatch, n_threads):
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setenv("REMATCH_API_DAILY_SUBMISSIONS", "2")
    bodies = [
        request_of(api, tokens["alice"], make_submission(f"n{n}", submitter="alice", system=f"S{n}"))
        for n in range(n_threads)
    ]
    with ThreadPoolExecutor(n_threads) as pool:
        answers = list(
            pool.map(lambda body: api.post("/api/v1/submissions", json=body, headers=bearer(tokens["alice"])), bodies)
        )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * 2 + [429] * (n_threads - 2), [answer.text for answer in answers]
