"""What a reviewer did to the API and should not be able to do again."""

import json
import os
import threading

import httpx
import pytest
from sqlmodel import select

from submissions import tidying, upload_parts
from submissions.account_tables import Role
from submissions.accounts import AccountError, create_account
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.leftovers import clear_leftovers
from submissions.tables import Evaluation
from tests.integration.api.conftest import bearer, make_token
from tests.integration.api.handing_in import hand_in, upload
from tests.integration.api.test_uploads import announce, send

API = "/api/v1"


def test_what_is_abandoned_frees_disk_and_quota_by_itself(api, tokens, monkeypatch):
    monkeypatch.setenv("REMATCH_UPLOAD_UNFINISHED_MB", "1")
    whole, half = b"w" * 2**19, b"h" * 2**19
    upload(api, tokens["alice"], whole)
    send(api, tokens["alice"], announce(api, tokens["alice"], half).json()["id"], half[:10], 0)
    assert announce(api, tokens["alice"], b"more").json()["error"]["code"] == "quota"
    assert len(api.get(API + "/uploads", headers=bearer(tokens["alice"])).json()) == 2
    monkeypatch.setattr(tidying, "DAY", -1.0)
    with session() as opened:
        clear_leftovers(opened, artifact_store(), older_seconds=-1)
    tidying.tidy()
    assert api.get(API + "/uploads", headers=bearer(tokens["alice"])).json() == []
    assert not list(upload_parts.folder().glob("*"))
    assert announce(api, tokens["alice"], b"more").status_code == 201


def test_a_method_of_ones_own_makes_no_label(api):
    for number in range(20):
        api.request(f"M{number}", API + "/results")
    text = api.get("/metrics").text
    assert 'method="other"' in text
    assert 'method="M1' not in text


def test_a_small_request_gets_no_large_answer(api, tokens):
    manifest = {
        "system": "S", "submitter": "alice", "setting": "zero-shot", "protocols": ["toy-scene"],
        "runs": [{"file": f"f{n}.npy", "seed": n} for n in range(200)],
    }  # fmt: skip
    files = {f"{'x' * 240}{n}": upload(api, tokens["alice"], b"x")["sha256"] for n in range(200)}
    asked = {"manifest": manifest, "files": files}
    answer = api.post(API + "/submissions/check", json=asked, headers=bearer(tokens["alice"]))
    assert answer.status_code == 200
    assert len(answer.content) < 10 * len(json.dumps(asked))
    too_long = {"manifest": {}, "files": {"x" * 256: files.popitem()[1]}}
    assert api.post(API + "/submissions/check", json=too_long, headers=bearer(tokens["alice"])).status_code == 422


def test_one_content_under_many_names_is_read_once(api, tokens, monkeypatch):
    from submissions.folder_store import FolderStore

    n_opened = []
    open_path = FolderStore.open_path
    monkeypatch.setattr(FolderStore, "open_path", lambda *args: n_opened.append(1) or open_path(*args))
    sha256 = upload(api, tokens["alice"], b"x" * 100)["sha256"]
    manifest = {"system": "S", "submitter": "alice", "setting": "zero-shot", "protocols": ["toy-scene"],
                "runs": [{"file": "a"}]}  # fmt: skip
    asked = {"manifest": manifest, "files": {f"f{n}": sha256 for n in range(300)}}
    api.post(API + "/submissions/check", json=asked, headers=bearer(tokens["alice"]))
    assert len(n_opened) == 1


def test_the_quota_of_uploads_tells_nothing_of_others_files(api, tokens, make_submission, monkeypatch):
    manifest = make_submission(submitter="alice")
    hand_in(api, tokens["alice"], manifest, private=True)
    content = (manifest.parent / "scores_seed0.npy").read_bytes()
    monkeypatch.setenv("REMATCH_UPLOAD_UNFINISHED_MB", "1")
    left = []
    for known in (content, os.urandom(len(content))):
        announce(api, tokens["bob"], known)
        refused = announce(api, tokens["bob"], b"more", size=2**20 - len(content) + 1)
        left.append(refused.json()["error"]["code"])
        for one in api.get(API + "/uploads", headers=bearer(tokens["bob"])).json():
            api.delete(f"{API}/uploads/{one['id']}", headers=bearer(tokens["bob"]))
    assert left == ["quota", "quota"]


def test_what_is_being_sent_cannot_be_taken_away_meanwhile(serve, wait_for):
    from submissions.database import prepare

    prepare()
    token, content = make_token("alice"), os.urandom(4 * 2**20)
    may_go_on, answers = threading.Event(), []
    with serve() as (_, url), httpx.Client(base_url=url, headers=bearer(token), timeout=60) as client:
        upload_id = announce(client, token, content).json()["id"]
        place = f"{API}/uploads/{upload_id}"

        def slowly():
            yield content[: 3 * 2**20]
            may_go_on.wait(60)
            yield content[3 * 2**20 :]

        def sending():
            headers = {**bearer(token), "Upload-Offset": "0"}
            answers.append(httpx.patch(f"{url}{place}", content=slowly(), headers=headers, timeout=60))

        sender = threading.Thread(target=sending)
        sender.start()
        part = upload_parts.part_of(upload_id)
        wait_for(lambda: part.exists() and part.stat().st_size >= 2 * 2**20, "The first part")
        assert client.delete(place).status_code == 409
        assert client.patch(place, content=b"x", headers={"Upload-Offset": "0"}).status_code == 409
        may_go_on.set()
        sender.join()
    assert answers[0].json()["complete"]


def test_a_block_is_written_whole_or_not_at_all(tmp_path):
    written = bytearray(b"before")

    class Slow:
        """A disk that takes a few bytes at a time, and is full after some."""

        room = 20

        def seek(self, *_):
            return len(written)

        def write(self, rest):
            if not self.room:
                raise OSError(28, "No space left on device")
            taken = bytes(rest[: min(3, self.room)])
            self.room -= len(taken)
            written.extend(taken)
            return len(taken)

        def truncate(self, size):
            del written[size:]

    disk = Slow()
    upload_parts.write_all(disk, b"0123456789")
    assert written == b"before0123456789"
    with pytest.raises(upload_parts.StorageFullError, match="disk of this board is full"):
        upload_parts.write_all(disk, b"x" * 50)
    assert written == b"before0123456789"


OUT_OF_REACH = [
    "as_of=9999-12-31T23:59:59-12:00",
    "as_of=0001-01-01T00:00:00%2B12:00",
    # Places in a list: a lone surrogate, a character of code 0, and the last moment there is.
    "after=WyJcdWQ4MDAiLCAiYSIsICJiIiwgImMiXQ",
    "after=WyJcdTAwMDAiLCAiYSIsICJiIiwgImMiXQ",
    "after=WyI5OTk5LTEyLTMxVDIzOjU5OjU5LTEyOjAwIiwgImEiLCAiYiIsICJjIl0",
]


@pytest.mark.parametrize("query", OUT_OF_REACH)
def test_a_moment_or_place_out_of_reach_is_refused(api, query):
    for form in ("", "&format=csv"):
        answer = api.get(f"{API}/results?{query}{form if query.startswith('as') else ''}")
        assert answer.status_code == 400, answer.text


def test_text_that_is_none_is_refused(api, tokens):
    body = b'{"manifest": {"system": "\\ud800"}, "files": {}}'
    headers = {**bearer(tokens["alice"]), "Content-Type": "application/json", "Idempotency-Key": "k"}
    assert api.post(API + "/submissions", content=body, headers=headers).status_code == 422


def test_the_log_of_a_job_is_its_owners(api, tokens, make_submission):
    found = hand_in(api, tokens["alice"], make_submission(submitter="alice"))
    with session() as opened:
        for one in opened.exec(select(Evaluation)):
            one.log_tail = "2026-11-27 17:24:08 UTC, attempt 1: Taken by worker inner-host:1."
            opened.add(one)
    path = f"{API}/submissions/{found['submission']}"
    for who, is_shown in ((None, False), ("bob", False), ("alice", True), ("root", True)):
        assert ("inner-host" in api.get(path, headers=bearer(tokens.get(who))).text) is is_shown
    assert "inner-host" not in api.get(API + "/submissions", headers=bearer(tokens["alice"])).text


@pytest.mark.parametrize("name", ["ALICE", "\uff41lice", "command line"])
def test_no_account_looks_like_another_or_like_the_operator(tokens, name):
    with session() as opened, pytest.raises(AccountError, match="already"):
        create_account(opened, name, role=Role.SUBMITTER)


def test_queueing_again_counts_among_what_waits(api, tokens, make_submission, monkeypatch):
    from tests.integration.api.test_submissions import fail_through_us

    found = hand_in(api, tokens["alice"], make_submission(submitter="alice"))
    fail_through_us(found["submission"])
    monkeypatch.setenv("REMATCH_API_UNFINISHED_EVALUATIONS", "1")
    again = api.post(f"{API}/submissions/{found['submission']}/requeue", headers=bearer(tokens["alice"]))
    assert again.json()["error"]["code"] == "quota"


def test_a_request_counts_for_its_account_whatever_its_token(api, tokens, monkeypatch):
    monkeypatch.setenv("REMATCH_API_REQUESTS_PER_MINUTE", "4")
    made = api.post(API + "/me/tokens", json={"label": "x"}, headers=bearer(tokens["alice"])).json()["token"]
    answers = [api.get(API + "/me", headers=bearer(one)).status_code for one in (tokens["alice"], made) * 3]
    assert answers == [200, 200, 200, 429, 429, 429]
