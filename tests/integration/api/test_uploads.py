"""Files over the API: resumed where they broke off, compared with what was declared, never larger than allowed."""

import hashlib
import os
import signal
import threading
from pathlib import Path

import httpx
import pytest

from submissions import upload_parts, uploads
from submissions.artifacts import artifact_store
from submissions.client import Client
from submissions.database import prepare, session
from submissions.settings import get_settings
from tests.integration.api.conftest import bearer, make_token
from tests.integration.api.handing_in import hand_in, upload

CONTENT = bytes(range(256)) * 4096


def announce(api, token, content=CONTENT, **changes):
    stated = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "filename": "a.npy", **changes}
    return api.post("/api/v1/uploads", json=stated, headers=bearer(token))


def send(api, token, upload_id, part, offset):
    headers = {**bearer(token), "Upload-Offset": str(offset)}
    return api.patch(f"/api/v1/uploads/{upload_id}", content=part, headers=headers)


def stored_files():
    # Two hexadecimal digits, then the whole digest.
    return list(get_settings().artifacts.glob("[0-9a-f][0-9a-f]/*"))


def rss_mb(pid: int) -> float:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields["VmHWM"].split()[0]) / 1024


def test_a_file_is_resumed_where_it_broke_off(api, tokens):
    found = announce(api, tokens["alice"])
    assert found.status_code == 201
    place = found.headers["Location"]
    first = send(api, tokens["alice"], found.json()["id"], CONTENT[:1000], 0)
    assert (first.json()["offset"], first.json()["complete"]) == (1000, False)
    head = api.head(place, headers=bearer(tokens["alice"]))
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("1000", str(len(CONTENT)))
    # Announced again, as by a client that was started anew, it goes on.
    again = announce(api, tokens["alice"])
    assert (again.status_code, again.json()["offset"]) == (200, 1000)
    last = send(api, tokens["alice"], found.json()["id"], CONTENT[1000:], 1000)
    assert last.json()["complete"]
    assert artifact_store().location(last.json()["sha256"]).read_bytes() == CONTENT
    assert not list(upload_parts.folder().glob("*"))


def test_a_part_that_does_not_go_on_where_the_last_ended_is_refused(api, tokens):
    upload_id = announce(api, tokens["alice"]).json()["id"]
    send(api, tokens["alice"], upload_id, CONTENT[:10], 0)
    for offset in (0, 9, 11):
        refused = send(api, tokens["alice"], upload_id, CONTENT, offset)
        assert (refused.status_code, refused.headers["Upload-Offset"]) == (409, "10")
    without = api.patch(f"/api/v1/uploads/{upload_id}", content=b"x", headers=bearer(tokens["alice"]))
    assert without.json()["error"]["code"] == "wrong_offset"


def test_content_that_is_not_what_was_declared_is_discarded(api, tokens):
    upload_id = announce(api, tokens["alice"]).json()["id"]
    wrong = CONTENT[:-1] + b"x"
    refused = send(api, tokens["alice"], upload_id, wrong, 0)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "wrong_digest")
    assert api.get(f"/api/v1/uploads/{upload_id}", headers=bearer(tokens["alice"])).status_code == 404
    assert stored_files() == []
    assert not list(upload_parts.folder().glob("*"))


def test_more_bytes_than_declared_are_refused_while_they_come(api, tokens):
    upload_id = announce(api, tokens["alice"], size=100).json()["id"]
    refused = send(api, tokens["alice"], upload_id, CONTENT, 0)
    assert refused.status_code == 413
    part = upload_parts.folder() / f"{upload_id}.part"
    assert part.stat().st_size <= 100


def test_a_known_hash_is_not_sent_again(api, tokens, make_submission):
    first = upload(api, tokens["alice"], CONTENT)
    again = announce(api, tokens["alice"])
    assert (again.status_code, again.json()["complete"], again.json()["id"]) == (200, True, first["id"])


def test_what_a_public_submission_holds_need_not_be_sent_by_others_either(api, tokens, make_submission):
    manifest = make_submission(submitter="alice")
    hand_in(api, tokens["alice"], manifest)
    content = (manifest.parent / "scores_seed0.npy").read_bytes()
    assert announce(api, tokens["bob"], content).json()["complete"]


def test_whether_a_private_file_is_here_can_be_told_by_nobody_else(api, tokens, make_submission):
    manifest = make_submission(submitter="alice")
    hand_in(api, tokens["alice"], manifest, private=True)
    content = (manifest.parent / "scores_seed0.npy").read_bytes()
    told = announce(api, tokens["bob"], content)
    assert (told.status_code, told.json()["complete"], told.json()["offset"]) == (201, False, 0)
    # Who only knows the digest cannot hand in the file either.
    body = {"manifest": {"submitter": "bob"}, "files": {"a.npy": told.json()["sha256"]}}
    refused = api.post("/api/v1/submissions/check", json=body, headers=bearer(tokens["bob"]))
    assert "has not arrived in full" in refused.json()["error"]["message"]


def test_files_are_bounded_in_size_in_number_and_by_the_disk(api, tokens, monkeypatch):
    monkeypatch.setenv("REMATCH_MAX_FILE_MB", "1")
    assert announce(api, tokens["alice"], size=2**20 + 1).status_code == 413
    monkeypatch.setenv("REMATCH_UPLOAD_UNFINISHED_MB", "2")
    for n in range(2):
        assert announce(api, tokens["alice"], b"%d" % n, size=2**20).status_code == 201
    assert announce(api, tokens["alice"], b"more").json()["error"]["code"] == "quota"
    monkeypatch.setenv("REMATCH_MIN_FREE_MB", str(10**9))
    assert announce(api, tokens["bob"]).status_code == 507


@pytest.mark.parametrize("filename", ["../../etc/passwd", "/etc/passwd", "a\\b", "CON", "a" * 255, "schön.npy"])
def test_a_name_is_never_a_path(api, tokens, filename):
    found = announce(api, tokens["alice"], filename=filename).json()
    send(api, tokens["alice"], found["id"], CONTENT, 0)
    [path] = stored_files()
    assert path == artifact_store().location(found["sha256"])


@pytest.mark.parametrize("filename", ["", "a" * 256, "a\nb", "a\x00b"])
def test_a_name_that_is_none_is_refused(api, tokens, filename):
    assert announce(api, tokens["alice"], filename=filename).status_code == 422


def test_an_abandoned_upload_is_forgotten_after_a_while(api, tokens):
    upload_id = announce(api, tokens["alice"]).json()["id"]
    send(api, tokens["alice"], upload_id, CONTENT[:10], 0)
    with session() as opened:
        assert uploads.clear_abandoned(opened, older_seconds=60) == 0
        assert uploads.clear_abandoned(opened, older_seconds=-1) == 1
    assert api.get(f"/api/v1/uploads/{upload_id}", headers=bearer(tokens["alice"])).status_code == 404
    assert not list(upload_parts.folder().glob("*"))


def test_a_server_killed_in_the_midst_of_an_upload_loses_nothing_that_arrived(serve, tmp_path, wait_for):
    prepare()
    token, big = make_token("alice"), tmp_path / "big.npy"
    big.write_bytes(os.urandom(24 * 2**20))
    with serve() as (process, url):
        port = int(url.rsplit(":", 1)[1])
        with httpx.Client(base_url=url) as client:
            announced = announce(client, token, big.read_bytes()).json()
        part = upload_parts.folder() / f"{announced['id']}.part"
        may_go_on = threading.Event()

        def slowly():
            content = big.read_bytes()
            yield content[: 10 * 2**20]
            may_go_on.wait(60)
            yield content[10 * 2**20 :]

        def sending():
            headers = {**bearer(token), "Upload-Offset": "0"}
            with pytest.raises(httpx.TransportError):
                httpx.patch(f"{url}/api/v1/uploads/{announced['id']}", content=slowly(), headers=headers, timeout=60)

        sender = threading.Thread(target=sending)
        sender.start()
        wait_for(lambda: part.exists() and part.stat().st_size >= 9 * 2**20, "The first part")
        os.killpg(process.pid, signal.SIGKILL)
        may_go_on.set()
        sender.join()
    arrived = part.stat().st_size
    assert arrived >= 9 * 2**20
    with serve(port=port) as (_, url), Client(url, token) as board:
        sent = []
        sha256 = board.upload(big, tell=lambda name, done, size: sent.append(done))
        assert sent[0] == arrived
    assert artifact_store().location(sha256).read_bytes() == big.read_bytes()


def test_two_gigabytes_pass_through_a_small_process(serve):
    prepare()
    token, block, n_blocks = make_token("alice"), os.urandom(2**20), 2048
    digest = hashlib.sha256()
    for _ in range(n_blocks):
        digest.update(block)
    with serve() as (_, url), httpx.Client(base_url=url, timeout=300, headers=bearer(token)) as client:
        stated = {"sha256": digest.hexdigest(), "size": n_blocks * 2**20, "filename": "big.npy"}
        upload_id = client.post("/api/v1/uploads", json=stated).json()["id"]
        blocks = (block for _ in range(n_blocks))
        done = client.patch(f"/api/v1/uploads/{upload_id}", content=blocks, headers={"Upload-Offset": "0"})
        assert done.json()["complete"], done.text
        [server] = _servers(url)
        assert rss_mb(server) < 200


def _servers(url):
    port = url.rsplit(":", 1)[1]
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"worker.serving:application" in words and port.encode() in words:
            found.append(int(folder.name))
    return found
