"""Whatever is wrong with a request or with the board: one shape, one message, nothing half done."""

import json

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import select

from submissions import database
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.tables import Submission
from tests.integration.api.conftest import bearer, make_token
from tests.integration.api.handing_in import hand_in, request_of, upload

API = "/api/v1"


def told(answer, status, code):
    """Check the shape of an error, and return its message."""
    document = answer.json()
    assert (answer.status_code, document["error"]["code"]) == (status, code), answer.text
    assert document["request_id"] == answer.headers["X-Request-ID"]
    assert set(document["error"]) == {"code", "message", "details"}
    return document["error"]["message"]


def test_a_path_that_is_none_and_a_method_that_is_none(api):
    assert "There is nothing at /api/v1/boards" in told(api.get(API + "/boards"), 404, "not_found")
    assert "does not take DELETE" in told(api.delete(API + "/results"), 405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/results?system=a%00b", "/claims/%00", "/systems?%00", "/submissions?submitter=%00"])
def test_a_character_that_no_database_keeps_is_refused(api, path):
    assert "a character of code 0" in told(api.get(API + path), 400, "bad_request")


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "rematch_abc", "Bearer rematch_" + "x" * 5000])
def test_a_token_that_is_none(api, header):
    assert told(api.get(API + "/me", headers={"Authorization": header}), 401, "unauthorized")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"manifest": 3}', b"\xff\xfe", b"[" * 100_000, b'{"manifest": {}, "x": 1}']
)
def test_a_body_that_is_none(api, tokens, body):
    headers = {**bearer(tokens["alice"]), "Content-Type": "application/json"}
    answer = api.post(API + "/submissions", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert len(told(answer, answer.status_code, answer.json()["error"]["code"])) < 1000


def test_a_body_is_bounded_whether_its_length_is_stated_or_not(api, tokens):
    headers = {**bearer(tokens["alice"]), "Content-Type": "application/json"}
    large = json.dumps({"manifest": {"system": "x" * (3 * 2**20)}}).encode()
    assert told(api.post(API + "/submissions", content=large, headers=headers), 413, "too_large")
    pieces = (large[at : at + 2**16] for at in range(0, len(large), 2**16))
    assert told(api.post(API + "/submissions", content=pieces, headers=headers), 413, "too_large")


def test_too_many_requests_of_one_token_and_of_one_address(api, tokens, monkeypatch):
    monkeypatch.setenv("REMATCH_API_REQUESTS_PER_MINUTE", "3")
    monkeypatch.setenv("REMATCH_API_ADDRESS_REQUESTS_PER_MINUTE", "2")
    own = [api.get(API + "/me", headers=bearer(tokens["alice"])).status_code for _ in range(4)]
    assert own == [200, 200, 200, 429]
    assert api.get(API + "/me", headers=bearer(tokens["bob"])).status_code == 200
    # Guessing tokens is counted with everything else that comes without one.
    assert [api.get(API + "/me", headers=bearer(f"rematch_{n}")).status_code for n in range(3)] == [401, 401, 429]
    refused = api.get(API + "/results")
    assert int(refused.headers["Retry-After"]) > 0
    assert told(refused, 429, "too_many_requests")


def test_requests_are_counted_for_all_processes_on_one_redis_and_here_when_it_is_away(redis_url):
    from submissions.api_errors import TooManyRequestsError
    from submissions.rates import Rates

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    first, second = Rates(redis_url), Rates(redis_url)
    first.count("me", 2)
    second.count("me", 2)
    with pytest.raises(TooManyRequestsError):
        first.count("me", 2)
    away = Rates("redis://127.0.0.1:1/0")
    away.count("me", 1)
    with pytest.raises(TooManyRequestsError):
        away.count("me", 1)


def test_without_the_database_every_answer_says_so_and_nothing_of_it(api, tokens, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/rematch")
    assert api.get("/health").status_code == 200
    ready = api.get("/ready")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "away")
    for answer in (api.get(API + "/results"), api.get(API + "/me", headers=bearer(tokens["alice"]))):
        assert "secret" not in answer.text
        assert "127.0.0.1" not in told(answer, 503, "unavailable")
    assert "rematch_database_up 0.0" in api.get("/metrics").text
    database.forget_connections()


def test_a_database_that_is_not_migrated_is_not_ready(api, empty_postgres_url, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", empty_postgres_url)
    ready = api.get("/ready")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "not migrated: rematch migrate")


def test_a_fault_of_ours_is_neutral_and_in_the_log(api, tokens, monkeypatch, caplog):
    def broken(*_, **__):
        raise ZeroDivisionError("inner words")

    monkeypatch.setattr("submissions.api_query.systems", broken)
    answer = api.get(API + "/systems")
    message = told(answer, 500, "internal")
    assert "inner words" not in message
    assert "Nothing was charged" in message
    assert "inner words" in caplog.text


def test_a_stored_file_that_was_damaged_is_asked_for_again(api, tokens, make_submission):
    manifest = make_submission(submitter="alice")
    body = request_of(api, tokens["alice"], manifest)
    path = artifact_store().location(body["files"]["scores_seed0.npy"])
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)
    refused = api.post(API + "/submissions", json=body, headers=bearer(tokens["alice"]))
    assert "Upload it again" in told(refused, 409, "conflict")
    again = upload(api, tokens["alice"], (manifest.parent / "scores_seed0.npy").read_bytes())
    assert again["complete"]
    assert hand_in(api, tokens["alice"], manifest)["status"] == "queued"


def test_a_check_that_dies_takes_too_long_or_too_much_ends_a_child_alone(monkeypatch):
    from submissions.check_limits import UncheckableError
    from submissions.uploaded_check import CheckProcesses

    monkeypatch.setenv("REMATCH_CHECK_SECONDS", "3")
    monkeypatch.setenv("REMATCH_CHECK_PROCESSES", "1")
    processes = CheckProcesses()
    try:
        for job in (_die, _sleep, _take_all_memory):
            monkeypatch.setattr("submissions.uploaded_check.check_uploaded", job)
            with pytest.raises(UncheckableError):
                processes.check({}, {}, "somebody")
        monkeypatch.undo()
        assert not processes.check({}, {}, "somebody").is_acceptable
    finally:
        processes.close()


def test_what_there_is_to_watch_is_in_the_format_of_prometheus(api, tokens, make_submission):
    hand_in(api, tokens["alice"], make_submission(submitter="alice"))
    families = {one.name: one for one in text_string_to_metric_families(api.get("/metrics").text)}
    jobs = {tuple(one.labels.values()): one.value for one in families["rematch_jobs"].samples}
    assert jobs["scores", "queued"] == 2
    oldest = {one.labels["queue"]: one.value for one in families["rematch_oldest_queued_seconds"].samples}
    assert oldest["scores"] > 0
    assert oldest["models"] == 0
    assert any(one.labels.get("route") == "/submissions" for one in families["rematch_http_request_seconds"].samples)


def test_a_queue_that_cannot_be_told_undoes_no_hand_in(postgres_url, serve, monkeypatch, make_submission):
    import httpx

    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    monkeypatch.setenv("REMATCH_BROKER_URL", "redis://127.0.0.1:1/0")
    token = make_token("alice")
    with serve() as (_, url), httpx.Client(base_url=url, timeout=120) as client:
        assert client.get("/ready").json()["checks"] == {"database": "ok", "broker": "away"}
        found = hand_in(client, token, make_submission(submitter="alice"))
        assert found["status"] == "queued"
    with session() as opened:
        assert len(opened.exec(select(Submission)).all()) == 1


def _die(*_):
    import os

    os._exit(9)


def _sleep(*_):
    import time

    time.sleep(600)


def _take_all_memory(*_):
    return bytearray(64 * 2**30)
