"""The client of the HTTP API: it asks again where that is safe, resumes, and says what is wrong in words."""

import hashlib
import json

import httpx
import pytest

from submissions.client import Client, ServerError
from submissions.connection import MOST_TRIES
from submissions.errors import ManifestError
from tests.submission_files import write_submission

URL = "http://board.test"


class Board:
    """A board that answers as it is told, and keeps what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked, self.waits = list(answers), [], []

    def __call__(self, request):
        content = request.read()
        self.asked.append((request.method, request.url.path, dict(request.headers), content))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(request, content) if callable(answer) else answer

    def client(self):
        return Client(URL, "rematch_x", transport=httpx.MockTransport(self), sleep=self.waits.append)


def said(status, document, **headers):
    return httpx.Response(status, json=document, headers=headers)


def fault(status, code="refused", message="No.", **headers):
    return said(status, {"error": {"code": code, "message": message, "details": None}, "request_id": "r"}, **headers)


def upload(content, offset, **changes):
    whole = {"id": "u", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "filename": "a.npy"}
    return said(200, {**whole, "offset": offset, "complete": offset == len(content), **changes})


def test_it_asks_again_as_long_as_it_was_told_and_then_longer():
    board = Board(fault(429, **{"Retry-After": "7"}), httpx.ConnectError("away"), fault(503), said(200, {"ok": 1}))
    with board.client() as client:
        assert client.me() == {"ok": 1}
    assert board.waits == [7.0, 1.0, 2.0]
    assert board.asked[0][2]["authorization"] == "Bearer rematch_x"


def test_it_gives_up_after_some_tries_and_says_who_does_not_answer():
    board = Board(*[httpx.ConnectError("Connection refused") for _ in range(MOST_TRIES)])
    with board.client() as client, pytest.raises(ServerError, match=r"http://board\.test does not answer: Connection"):
        client.me()
    assert max(board.waits) <= 30


def test_a_quota_is_told_at_once():
    board = Board(fault(429, "quota", "Come tomorrow.", **{"Retry-After": "80000"}))
    with board.client() as client, pytest.raises(ServerError, match=r"Come tomorrow\.") as caught:
        client.me()
    assert (caught.value.code, caught.value.status, board.waits) == ("quota", 429, [])


def test_an_answer_that_is_of_something_else_is_told_as_such():
    board = Board(httpx.Response(200 + 104, text="<html>"), httpx.Response(404, text="<html>nginx</html>"))
    with board.client() as client:
        for _ in range(2):
            with pytest.raises(ServerError, match="not as a board of Rematch does"):
                client.me()


def test_a_repeated_hand_in_carries_one_key(tmp_path):
    manifest = write_submission(tmp_path / "mine", n_runs=1)
    known = lambda request, content: said(200, {**json.loads(content), "id": "u", "offset": 0, "complete": True})  # noqa: E731
    board = Board(known, known, httpx.ReadTimeout("slow"), fault(503), said(201, {"submission": "s"}))
    with board.client() as client:
        assert client.submit(manifest) == {"submission": "s", "known": False}
    keys = [headers["idempotency-key"] for method, path, headers, _ in board.asked if path == "/api/v1/submissions"]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    sent = json.loads(board.asked[-1][3])
    assert set(sent["files"]) == {"my_split.json", "scores_seed0.npy"}
    assert sent["manifest"]["system"] == "Noise"


def test_what_the_board_had_before_is_told_from_what_is_new(tmp_path):
    known = lambda request, content: said(200, {**json.loads(content), "id": "u", "offset": 0, "complete": True})  # noqa: E731
    board = Board(known, known, said(200, {"submission": "s"}))
    with board.client() as client:
        assert client.submit(write_submission(tmp_path / "mine", n_runs=1))["known"] is True


def test_a_file_goes_on_where_it_broke_off(tmp_path):
    path = tmp_path / "a.npy"
    content = bytes(range(256)) * 10
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    board = Board(
        upload(content, 100),
        httpx.WriteError("broken pipe"),
        upload(content, 1500),
        fault(409, "wrong_offset"),
        upload(content, 2000),
        upload(content, len(content)),
    )
    seen = []
    with board.client() as client:
        assert client.upload(path, tell=lambda name, sent, size: seen.append(sent)) == sha256
    parts = [(headers["upload-offset"], body) for method, _, headers, body in board.asked if method == "PATCH"]
    assert [(int(offset), body) for offset, body in parts] == [(at, content[at:]) for at in (100, 1500, 2000)]
    assert seen[-1] == len(content)


def test_a_file_that_stands_still_is_given_up(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(b"x" * 50)
    stuck = [answer for _ in range(MOST_TRIES + 1) for answer in (httpx.WriteError("no"), upload(b"x" * 50, 0))]
    board = Board(upload(b"x" * 50, 0), *stuck)
    with board.client() as client, pytest.raises(ServerError, match=r"a\.npy does not get through"):
        client.upload(path)


def test_lists_come_page_by_page():
    board = Board(said(200, {"items": [1, 2], "next": "n"}), said(200, {"items": [3], "next": None}))
    with board.client() as client:
        assert list(client.results(protocol="coco-5k", metric=None)) == [1, 2, 3]


def test_it_waits_until_nothing_waits_or_runs():
    board = Board(*[said(200, {"status": status}) for status in ("queued", "running", "failed")])
    with board.client() as client:
        assert client.wait("s") == {"status": "failed"}
    assert board.waits == [1.0, 1.0]


def test_a_file_that_is_not_there_is_named_before_anything_is_sent(tmp_path):
    manifest = write_submission(tmp_path / "mine")
    (manifest.parent / "scores_seed1.npy").unlink()
    board = Board()
    with board.client() as client, pytest.raises(ManifestError, match=r"scores_seed1\.npy is not in the folder"):
        client.submit(manifest)
    assert board.asked == []
