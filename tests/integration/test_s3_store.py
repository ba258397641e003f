"""The store of files in a bucket of a real S3-compatible server: the same as in a folder, and what only it has."""

import logging
import os
import re
import signal
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from submissions.artifacts import artifact_store, digest_of
from submissions.database import forget_connections, prepare, session
from submissions.errors import ArtifactError
from submissions.folder_store import FolderStore
from submissions.held_files import files_held
from submissions.intake import check, record, submit
from submissions.leftovers import DAY, clear_leftovers
from submissions.renewal import renew
from submissions.s3_bucket import PART
from submissions.s3_client import _client
from submissions.tables import Artifact
from tests.artifact_contract import EVERYTHING, ArtifactContract, Inside, keep

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(s3_bucket):
    return artifact_store()


@pytest.fixture
def prepared():
    prepare()
    yield
    forget_connections()


@pytest.fixture
def large(tmp_path):
    """A file that is sent in three parts."""
    path = tmp_path / "large.npy"
    path.write_bytes(os.urandom(2 * PART + 1000))
    return path


class TestS3Store(ArtifactContract):
    @pytest.fixture
    def inside(self, s3_server, s3_bucket, store):
        client = s3_server.client()

        def digests():
            keys = list(s3_server.content(s3_bucket))
            assert all(key.startswith("rematch/") for key in keys)
            return [key[-64:] for key in keys if not key.startswith("rematch/.unsettled/")]

        def remove(sha256):
            client.delete_object(Bucket=s3_bucket, Key=store.key(sha256))
            store.cache.location(sha256).unlink(missing_ok=True)

        def replace(sha256, content):
            remove(sha256)
            client.put_object(Bucket=s3_bucket, Key=store.key(sha256), Body=content)

        return Inside(digests, replace, remove)


def in_a_process(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def unfinished(s3_server, s3_bucket):
    return s3_server.client().list_multipart_uploads(Bucket=s3_bucket).get("Uploads", [])


def test_a_large_file_is_sent_in_parts_and_comes_back_whole(store, s3_server, s3_bucket, large):
    kept = keep(store, large)
    [(key, content)] = s3_server.content(s3_bucket).items()
    assert key == f"rematch/{kept.sha256[:2]}/{kept.sha256}"
    assert content == large.read_bytes()
    head = s3_server.client().head_object(Bucket=s3_bucket, Key=key)
    assert head["ETag"].endswith('-3"'), "the server's own count of the parts"
    assert store.open_path(kept.sha256, kept.size).read_bytes() == content


@pytest.mark.parametrize("n_more", [0, PART, 2 * PART])
def test_a_file_that_changes_while_it_is_sent_never_gets_its_name(store, s3_server, s3_bucket, large, n_more):
    os.truncate(large, PART + n_more)
    known = digest_of(large)

    def append_in_the_meantime(request, **_):
        if request.method in ("PUT", "POST"):
            with large.open("ab") as stream:
                stream.write(b"more")

    client = _client(store.place.endpoint_url, store.place.region, os.getpid())
    client.meta.events.register("before-send.s3", append_in_the_meantime)
    try:
        with pytest.raises(ArtifactError, match=r"large.npy changed while it was being handed in"):
            store.keep({known.sha256: large})
    finally:
        client.meta.events.unregister("before-send.s3", append_in_the_meantime)
    assert not store.holds(known.sha256, known.size)
    assert list(s3_server.content(s3_bucket)) == [store.mark(known.sha256)]
    assert unfinished(s3_server, s3_bucket) == []


def test_what_a_killed_upload_left_is_removed_after_a_day_and_not_before(store, s3_server, s3_bucket, large):
    code = """
import os, signal, sys
from pathlib import Path
from submissions.artifacts import artifact_store, digest_of
from submissions.s3_client import s3_client
store, path = artifact_store(), Path(sys.argv[1])
seen = []
def die(request, **_):
    seen.append(request.url)
    if len([url for url in seen if "partNumber" in url]) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
s3_client(store.place).meta.events.register("before-send.s3", die)
store.keep({digest_of(path).sha256: path})
"""
    assert in_a_process(code, large).returncode == -signal.SIGKILL
    known = digest_of(large)
    s3_server.client().create_multipart_upload(Bucket=s3_bucket, Key="not/ours")
    assert not store.holds(known.sha256, known.size)
    assert len(unfinished(s3_server, s3_bucket)) == 2
    # This server says that every upload was begun in 2010: only the mark tells that somebody may still be at it.
    assert store.remove_unfinished(DAY) == 0
    assert store.remove_unfinished(EVERYTHING) == 1
    assert [one["Key"] for one in unfinished(s3_server, s3_bucket)] == ["not/ours"]


def test_in_a_bucket_without_a_prefix_uploads_and_files_of_others_are_left_alone(s3_server, s3_bucket, monkeypatch):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", f"s3://{s3_bucket}")
    store, client = artifact_store(), s3_server.client()
    client.create_multipart_upload(Bucket=s3_bucket, Key="of/others")
    client.create_multipart_upload(Bucket=s3_bucket, Key=store.key("0" * 64))
    client.put_object(Bucket=s3_bucket, Key="of/others", Body=b"x")
    assert store.remove_unfinished(EVERYTHING) == 1
    assert list(store.unsettled(EVERYTHING)) == []
    assert [one["Key"] for one in unfinished(s3_server, s3_bucket)] == ["of/others"]
    assert list(s3_server.content(s3_bucket)) == ["of/others"]


def test_clearing_leftovers_never_lists_what_is_stored(store, s3_server, large, prepared):
    keep(store, large)
    before = len(s3_server.log.read_text())
    with session() as opened:
        clear_leftovers(opened, store, older_seconds=EVERYTHING)
    listed = re.findall(r"list-type=2\S*", s3_server.log.read_text()[before:])
    assert listed
    assert all(re.search(r"prefix=rematch/\.(unsettled|staging)/&", one) for one in listed)


def test_what_was_set_aside_by_a_process_that_died_then_goes_as_well(store, s3_server, s3_bucket):
    s3_server.client().put_object(Bucket=s3_bucket, Key="rematch/.staging/x.leftover", Body=b"x")
    assert store.remove_unfinished(DAY) == 0
    assert store.remove_unfinished(EVERYTHING) == 1
    assert s3_server.content(s3_bucket) == {}


class PowerCutError(Exception):
    pass


def hand_in_until_the_commit(path):
    with session() as opened:
        record(opened, check(path))
        raise PowerCutError


def clear(older_seconds):
    with session() as opened:
        return clear_leftovers(opened, artifact_store(), older_seconds=older_seconds)


def test_a_failed_hand_in_is_cleared_away_and_a_committed_one_is_not(s3_server, s3_bucket, prepared, make_submission):
    with session() as opened:
        submit(opened, make_submission("mine", n_runs=1))
    assert len(s3_server.content(s3_bucket)) == 2, "no mark stays"
    with pytest.raises(PowerCutError):
        hand_in_until_the_commit(make_submission("theirs", n_runs=3, submitter="Somebody else"))
    assert len(s3_server.content(s3_bucket)) == 4 + 4, "the files of both, and the marks of the second"
    assert clear(DAY) == 0
    assert clear(EVERYTHING) == 2
    with session() as opened:
        for key in s3_server.content(s3_bucket):
            assert opened.get(Artifact, key[-64:]) is not None


def test_a_damaged_object_is_mended_when_the_same_is_handed_in_again(s3_server, s3_bucket, prepared, make_submission):
    path = make_submission(n_runs=1)
    with session() as opened:
        submission_id = submit(opened, path).id
    checked = check(path)
    content = checked.runs[0].file.content
    key = artifact_store().key(content.sha256)
    # The copy on this machine is whole, and does not hide that the object is not.
    artifact_store().open_path(content.sha256, content.size)
    s3_server.client().put_object(Bucket=s3_bucket, Key=key, Body=b"x" * content.size)
    with session() as opened:
        assert renew(opened, checked, submission_id).mended_files == 1
    assert s3_server.content(s3_bucket)[key] == checked.runs[0].file.path.read_bytes()


def test_two_processes_that_want_the_same_file_fetch_it_once(store, s3_server, large):
    kept = keep(store, large)
    code = f"""
from submissions.artifacts import artifact_store, digest_of
path = artifact_store().open_path({kept.sha256!r}, {kept.size})
print(digest_of(path).sha256)
"""
    before, outcomes = len(s3_server.log.read_text()), []
    threads = [threading.Thread(target=lambda: outcomes.append(in_a_process(code))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.stdout.strip() for done in outcomes] == [kept.sha256] * 2, outcomes
    assert len(re.findall(r"GET /\S*/rematch/\S+ HTTP", s3_server.log.read_text()[before:])) == 1


def test_the_copies_stay_within_their_bound_and_what_is_in_use_stays(store, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("REMATCH_ARTIFACT_CACHE_MB", "2")
    caplog.set_level(logging.ERROR)
    files = [tmp_path / f"{number}.npy" for number in range(5)]
    for number, path in enumerate(files):
        path.write_bytes(bytes([number]) * 2**20)
    known = [keep(store, path) for path in files]
    bounded = artifact_store()
    with files_held():
        first = bounded.open_path(known[0].sha256, known[0].size)
        for one in known[1:]:
            bounded.open_path(one.sha256, one.size)
        assert first.is_file()
    more = tmp_path / "more.npy"
    more.write_bytes(b"more")
    one = keep(store, more)
    bounded.open_path(one.sha256, one.size)
    assert sum(path.stat().st_size for path in bounded.cache.folder.iterdir() if path.is_file()) <= 2 * 2**20


def test_a_file_of_300_mb_passes_through_little_memory(store, tmp_path):
    path = tmp_path / "huge.npy"
    with path.open("wb") as stream:
        for _ in range(300):
            stream.write(os.urandom(2**20))
    code = r"""
import re, sys
from pathlib import Path
from submissions.artifacts import artifact_store, digest_of
path, small, store = Path(sys.argv[1]), Path(sys.argv[2]), artifact_store()
def peak():
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
def there_and_back(path):
    found = digest_of(path)
    store.keep({found.sha256: path})
    assert digest_of(store.open_path(found.sha256, found.size)) == found
    assert store.is_whole(found)
there_and_back(small)
before = peak()
there_and_back(path)
print(peak() - before, peak())
"""
    (tmp_path / "small.npy").write_bytes(b"small")
    done = in_a_process(code, path, tmp_path / "small.npy")
    assert done.returncode == 0, done.stderr
    more, most = map(int, done.stdout.split())
    assert more < 120, done.stdout
    assert most < 250, done.stdout


def test_a_bucket_that_is_not_there_is_told_in_words(s3_server, monkeypatch, tmp_path):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", "s3://not-there/rematch")
    (tmp_path / "scores.npy").write_bytes(b"scores")
    store, known = artifact_store(), digest_of(tmp_path / "scores.npy")
    expected = r"There is no bucket 'not-there' .*aws s3 mb s3://not-there"
    for ask in (
        lambda: store.keep({known.sha256: tmp_path / "scores.npy"}),
        lambda: store.holds(known.sha256, known.size),
        lambda: store.open_path(known.sha256, known.size),
        lambda: store.is_whole(known),
        lambda: list(store.unsettled(DAY)),
    ):
        with pytest.raises(ArtifactError, match=expected):
            ask()


@pytest.fixture
def web_server(tmp_path):
    """A server of another kind, which answers with pages."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SilentHandler, directory=tmp_path))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *given):
        pass


def test_a_server_of_another_kind_is_told_in_words(s3_bucket, web_server, monkeypatch, tmp_path):
    monkeypatch.setenv("REMATCH_S3_ENDPOINT_URL", web_server)
    (tmp_path / "scores.npy").write_bytes(b"scores")
    store, known = artifact_store(), digest_of(tmp_path / "scores.npy")
    for ask in (
        lambda: store.keep({known.sha256: tmp_path / "scores.npy"}),
        lambda: store.holds(known.sha256, known.size),
        lambda: list(store.unsettled(DAY)),
    ):
        with pytest.raises(ArtifactError, match=f"at {web_server}.*REMATCH_S3_ENDPOINT_URL") as caught:
            ask()
        assert len(str(caught.value)) < 600


@pytest.fixture
def with_documented_permissions(s3_server, s3_bucket, monkeypatch, tmp_path):
    """An account that may do what the page says is enough, and whose credentials the server checks."""
    import boto3

    page = (ROOT / "docs" / "how-to" / "keep-artifacts-in-s3.md").read_text()
    policy = re.search(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    name = tmp_path.name.replace("_", "-")
    iam = boto3.session.Session().client("iam", endpoint_url=s3_server.url, region_name="us-east-1")
    iam.create_user(UserName=name)
    iam.put_user_policy(
        UserName=name, PolicyName="page", PolicyDocument=policy.replace("s3:::scores", f"s3:::{s3_bucket}")
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    s3_server.check_credentials_after("0")
    yield
    s3_server.check_credentials_after("inf")


@pytest.mark.usefixtures("with_documented_permissions")
def test_the_permissions_that_the_page_names_are_enough_for_everything(s3_server, large):
    code = """
import sys
from pathlib import Path
from submissions.artifacts import artifact_store, digest_of
from submissions.s3_client import s3_client
path, store = Path(sys.argv[1]), artifact_store()
known = digest_of(path)
store.keep({known.sha256: path})
store.open_path(known.sha256, known.size)
assert store.is_whole(known) and not store.holds("0" * 64, 1)
assert list(store.unsettled(-60)) == [known.sha256]
assert not store.discard(known.sha256, 60) and store.is_whole(known)
store.settle([known.sha256])
store.adopt(path, known.sha256, known.size)
assert store.discard(known.sha256, -60) and not store.holds(known.sha256, known.size)
s3_client(store.place).create_multipart_upload(Bucket=store.place.bucket, Key=store.key("0" * 64))
assert store.remove_unfinished(-60) == 1
"""
    done = in_a_process(code, large)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("with_documented_permissions")
@pytest.mark.parametrize("wrong", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_credentials_are_told_in_words_and_never_shown(s3_server, large, monkeypatch, wrong):
    code = """
import sys
from pathlib import Path
from submissions.artifacts import artifact_store, digest_of
from submissions.errors import ArtifactError
path, store = Path(sys.argv[1]), artifact_store()
known = digest_of(path)
for ask in (
    lambda: store.holds(known.sha256, known.size),
    lambda: store.keep({known.sha256: path}),
    lambda: store.open_path(known.sha256, known.size),
    lambda: list(store.unsettled(0)),
):
    try:
        ask()
    except ArtifactError as error:
        print(error)
"""
    monkeypatch.setenv(wrong, "GEHEIM")
    done = in_a_process(code, large)
    lines = done.stdout.splitlines()
    assert len(lines) == 4, done.stderr
    assert all("refuses the credentials of this machine" in line for line in lines)
    assert "GEHEIM" not in done.stdout


def test_what_was_in_a_folder_is_found_in_a_bucket_under_the_same_names(store, s3_server, s3_bucket, large, tmp_path):
    folder = FolderStore(tmp_path / "folder")
    kept = keep(folder, large)
    [path] = [path for path in folder.root.rglob("*") if path.is_file()]
    key = f"rematch/{path.relative_to(folder.root).as_posix()}"
    s3_server.client().put_object(Bucket=s3_bucket, Key=key, Body=path.read_bytes())
    assert store.open_path(kept.sha256, kept.size).read_bytes() == large.read_bytes()
