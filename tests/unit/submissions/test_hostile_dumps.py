"""A dump that is damaged, incomplete, foreign or hostile is refused with one clear message, and nothing is stored."""

import gzip
import hashlib
import io
import json
import random
import sqlite3
import tarfile
import zipfile
from contextlib import contextmanager

import pytest
from sqlalchemy import inspect

from submissions import database
from submissions.artifacts import artifact_store
from submissions.dump import restoring
from submissions.dump.restoring import restore
from submissions.dump.verification import verify
from submissions.dump.writing import dump
from submissions.errors import DatabaseError, DumpError
from submissions.leftovers import clear_leftovers
from submissions.settings import get_settings
from tests.filled_database import fill

RESULT = "rows/result/000001.jsonl"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sound dump, and its members."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMATCH_HOME", str(folder / "var"))
        database.prepare()
        with database.session() as session:
            fill(session, folder / "files")
        dump(folder / "whole.tar")
        database.forget_connections()
    return folder / "whole.tar"


@pytest.fixture
def members(whole):
    with tarfile.open(whole) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}


@pytest.fixture
def pack(tmp_path):
    """Write members as a dump with digests that are right, so that they are not what is refused."""

    def write(members, *, extra=(), mend_digests=True, tail=b"", compress=False, numbers_of=()):
        if mend_digests:
            given = {name: content for name, content in members.items() if name != "SHA256SUMS"}
            for table in numbers_of:
                given["header.json"] = with_rows(given, table)
            lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in given.items()]
            members = {**given, "SHA256SUMS": "".join(lines).encode()}
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for name, content in members.items():
                for before, info, data in extra:
                    if before == name:
                        archive.addfile(info, io.BytesIO(data))
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        path = tmp_path / "hostile.tar"
        content = stream.getvalue() + tail
        path.write_bytes(gzip.compress(content) if compress else content)
        return path

    return write


def with_rows(members, table):
    """The header with as many rows of a table as there are."""
    header = json.loads(members["header.json"])
    header["tables"][table]["rows"] = sum(
        content.count(b"\n") for name, content in members.items() if name.startswith(f"rows/{table}/")
    )
    return json.dumps(header).encode()


def refused(path):
    """Return why a dump is refused, once nothing of it is found to be stored."""
    with pytest.raises(DumpError) as caught:
        restore(path)
    assert not inspect(database.get_engine()).get_table_names()
    assert not (get_settings().home / "artifacts").exists()
    assert not [one for one in get_settings().home.iterdir() if one.name.startswith("restore-")]
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 700
    return message


def test_the_dump_that_everything_here_begins_with_is_sound(members, pack):
    assert verify(pack(members)).n_rows["result"] > 5


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all\n" * 1000, b"\x1f\x8b", b"\x00" * 10240], ids=repr)
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert "file cannot be restored: " in refused(tmp_path / "file")


def test_archives_of_others_are_refused(tmp_path):
    with tarfile.open(tmp_path / "mine.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.add(__file__, "test.py")
    assert "it is no archive that `rematch dump` wrote" in refused(tmp_path / "mine.tar")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as packed:
        packed.writestr("header.json", "{}" * 1000)
    assert "it is no archive that `rematch dump` wrote, or it is damaged" in refused(tmp_path / "mine.zip")
    (tmp_path / "text.gz").write_bytes(gzip.compress(b"text" * 10_000))
    assert "it is no archive that `rematch dump` wrote" in refused(tmp_path / "text.gz")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DumpError, match=r"not there.tar cannot be read: No such file or directory"):
        restore(tmp_path / "not there.tar")


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_a_dump_that_ends_too_early_is_refused_wherever_it_ends(whole, tmp_path, compress):
    content = whole.read_bytes().rstrip(b"\0")
    content = gzip.compress(content, 1) if compress else content
    path = tmp_path / "short.tar"
    for cut in [1, 511, 512, 513, 10_000, len(content) // 2, len(content) - 600, len(content) - 1]:
        path.write_bytes(content[:cut])
        with pytest.raises(DumpError, match="cannot be restored"):
            verify(path)
    assert "it is damaged or ends too early" in refused(path)


def test_a_changed_bit_is_found_wherever_it_matters(whole, tmp_path, members):
    content = bytearray(whole.read_bytes())
    path, draw = tmp_path / "changed.tar", random.Random(5)  # noqa: S311
    parts = verify(whole).parts
    n_found = 0
    for _ in range(150):
        place = draw.randrange(len(content))
        content[place] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        try:
            assert verify(path).parts == parts
        except DumpError:
            n_found += 1
        content[:] = whole.read_bytes()
    assert n_found > 100


def info_of(name, kind=tarfile.REGTYPE, size=0, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (info_of("rows/result/000002.jsonl", tarfile.SYMTYPE, link="/etc/passwd"), "is no plain file"),
        (info_of("artifacts", tarfile.DIRTYPE), "is no plain file"),
        (info_of("artifacts/aa", tarfile.LNKTYPE, link="header.json"), "is no plain file"),
        (info_of("device", tarfile.CHRTYPE), "is no plain file"),
        (info_of("pipe", tarfile.FIFOTYPE), "is no plain file"),
        (info_of("more", tarfile.CONTTYPE), "is no plain file"),
        (info_of("/etc/cron.d/mine"), "'/etc/cron.d/mine' is not expected there"),
        (info_of("../../mine"), "'../../mine' is not expected there"),
        (info_of("rows/../../mine.jsonl"), "is not expected there"),
        (info_of("artifacts/ab/../../../mine"), "is not expected there"),
        (info_of("rows/other/000001.jsonl"), "'rows/other/000001.jsonl' is not expected there"),
        (info_of("rows/account/000001.jsonl"), "is not expected there"),
        (info_of("header.json"), "'header.json' is not expected there"),
        (info_of("x" * 5000), "is no plain file"),
        (info_of("\x1b[2Jmine"), r"'\x1b[2Jmine' is not expected there"),
    ],
    ids=lambda value: value.name[:30] if isinstance(value, tarfile.TarInfo) else "",
)
def test_members_that_a_dump_does_not_have_are_refused(members, pack, info, words):
    assert words in refused(pack(members, extra=[(RESULT, info, b"")]))


def test_a_header_that_asks_for_a_great_deal_of_memory_is_refused(members, pack, tmp_path):
    # Python's own reader would read such a header into memory whole.
    bomb = info_of("bomb", tarfile.XHDTYPE)
    bomb.size = 10 * 2**30
    block = bomb.tobuf(tarfile.GNU_FORMAT)
    path = tmp_path / "bomb.tar"
    path.write_bytes(block + bytes(10_000))
    assert "which is no plain file" in refused(path)
    claims = info_of("header.json", size=2**60)
    path.write_bytes(claims.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    assert "which is no plain file" in refused(path)
    claims = info_of("header.json", size=2**40)
    path.write_bytes(claims.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    assert "header.json has 1,099,511,627,776 bytes; expected 1,048,576 at most" in refused(path)


def test_members_must_come_in_their_order_and_once(members, pack):
    names = list(members)
    swapped = names.index("rows/result/000001.jsonl")
    names[swapped], names[swapped - 1] = names[swapped - 1], names[swapped]
    assert "is not expected there" in refused(pack({name: members[name] for name in names}))
    twice = (next(name for name in names if name.startswith("artifacts/")), info_of(RESULT, size=3), b"{}\n")
    assert "is not expected there" in refused(pack(members, extra=[twice]))


def test_what_follows_the_end_is_refused(members, pack, whole):
    assert "something follows the end of the archive" in refused(pack(members, tail=b"x"))
    assert "something follows the end of the archive" in refused(pack(members, tail=whole.read_bytes()))
    assert "something follows the end of the archive" in refused(pack(members, tail=bytes(20_000)))


def test_digests_must_be_there_and_right(members, pack):
    assert "does not list the digests" in refused(pack(members | {"README.txt": b"Other."}, mend_digests=False))
    lacking = {name: content for name, content in members.items() if name != "SHA256SUMS"}
    assert "SHA256SUMS is missing at its end" in refused(pack(lacking, mend_digests=False))
    after = members | {"zzz": b""}
    assert "something follows SHA256SUMS" in refused(pack(after, mend_digests=False))


def changed_header(members, change):
    header = json.loads(members["header.json"])
    change(header)
    return members | {"header.json": json.dumps(header).encode()}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda header: header.update(format="other"), "its header is not as expected, at 'format'"),
        (
            lambda header: header.update(format_version=2),
            "its format has the version 2; this version of Rematch reads up to 1",
        ),
        (
            lambda header: header.update(revision="9999"),
            "at revision 9999, which this version of Rematch does not know",
        ),
        (
            lambda header: header.update(revision="head"),
            "at revision head, which this version of Rematch does not know",
        ),
        (lambda header: header.update(revision="000"), "at revision 000, which"),
        (
            lambda header: header.update(revision="0003"),
            "its tables are not those of revision 0003; the first that differs",
        ),
        (lambda header: header.update(surprise=1), "not as expected, at 'surprise'"),
        (lambda header: header.pop("written_at"), "not as expected, at 'written_at'"),
        (lambda header: header["tables"].pop("upload"), "the first that differs is 'upload."),
        (lambda header: header["tables"].update(mine={"rows": 0, "columns": {}}), "the first that differs is 'mine'"),
        (lambda header: header["tables"]["result"]["columns"].update(spread="text"), "differs is 'result.spread'"),
        (lambda header: header["tables"]["result"]["columns"].update(other="text"), "differs is 'result.other'"),
        (lambda header: header["tables"]["result"].update(rows=10**9), "the table result has"),
        (lambda header: header["tables"]["result"].update(rows=-1), "not as expected, at 'tables.result.rows'"),
        (lambda header: header["tables"]["result"].update(rows=True), "not as expected, at 'tables.result.rows'"),
        (lambda header: header.update(artifacts=None), "no row names artifacts/"),
    ],
)
def test_a_header_that_says_something_else_is_refused(members, pack, change, words):
    assert words in refused(pack(changed_header(members, change)))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{", b"[" * 100_000, b"\xff", b'"' + b"x" * 2**21 + b'"'], ids=repr
)
def test_a_header_that_is_no_header_is_refused(members, pack, content):
    assert "header" in refused(pack(members | {"header.json": content}))


def changed_row(members, table, change):
    """The members with one more row of a table, which is the first of it changed."""
    name = f"rows/{table}/000001.jsonl"
    lines = members[name].splitlines(keepends=True)
    row = json.loads(lines[0])
    change(row)
    return members | {name: json.dumps(row).encode() + b"\n" + b"".join(lines[1:])}


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("result", lambda row: row.update(surprise=1), "there is no column 'surprise'"),
        ("result", lambda row: row.pop("expected"), "the column 'expected' has no value"),
        ("result", lambda row: row.update(expected="1.0"), "'expected' has no value of the kind 'float'"),
        ("result", lambda row: row.update(expected=1), "'expected' has no value of the kind 'float'"),
        ("result", lambda row: row.update(expected=None), "'expected' has no value of the kind 'float'"),
        ("result", lambda row: row.update(metric=["R@1"]), "'metric' has no value of the kind 'text'"),
        ("result", lambda row: row.update(metric="\ud800"), "'metric' has no value of the kind 'text'"),
        ("result", lambda row: row.update(evaluation_id="1"), "'evaluation_id' has no value of the kind 'uuid'"),
        ("result", lambda row: row.update(evaluation_id="{" + row["evaluation_id"] + "}"), "of the kind 'uuid'"),
        ("submission", lambda row: row.update(deterministic=1), "'deterministic' has no value of the kind 'boolean'"),
        ("submission", lambda row: row.update(created_at="2026-01-01T00:00:00"), "expected a time with its zone"),
        ("submission", lambda row: row.update(created_at="0001-01-01T00:00:00+20:00"), "of the kind 'time'"),
        ("submission", lambda row: row.update(created_at="x" * 10**6), "of the kind 'time'"),
        ("evaluation", lambda row: row.update(attempts=True), "'attempts' has no value of the kind 'integer'"),
        ("evaluation", lambda row: row.update(attempts=2**63), "expected an integer of at most 64 bits"),
        ("evaluation", lambda row: row.update(attempts=1.0), "'attempts' has no value of the kind 'integer'"),
        ("evaluation", lambda row: row.update(status="won"), "'status' has 'won'; expected cancelled, failed, queued"),
        ("query_ranks", lambda row: row.update(content="not base 64!"), "'content' has no value of the kind 'bytes'"),
        ("query_ranks", lambda row: row.update(content="é"), "'content' has no value of the kind 'bytes'"),
        ("artifact", lambda row: row.update(sha256="../../mine"), "has '../../mine', which is no SHA-256"),
        ("artifact", lambda row: row.update(sha256="A" * 64), "which is no SHA-256"),
        ("artifact", lambda row: row.update(sha256="0" * 64), "no row names artifacts/"),
        ("artifact", lambda row: row.update(size=5), "no row names artifacts/"),
    ],
)  # fmt: skip
def test_a_row_with_something_else_in_it_is_refused(members, pack, table, change, words):
    message = refused(pack(changed_row(members, table, change)))
    assert words in message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{}", "has a line that is too long or does not end"),
        (b"[]\n", "line 1 of rows/account/000001.jsonl is no row of its table: it is no object"),
        (b"{\n", "it is not JSON"),
        (b"\n", "it is not JSON"),
        (b"\xff\n", "it is not JSON"),
        (b"[" * 200_000 + b"\n", "it is nested too deeply"),
        (b'{"a":' + b"9" * 5000 + b"}\n", "it is not JSON"),
    ],
    ids=repr,
)
def test_a_line_that_is_no_row_is_refused(members, pack, line, words):
    assert words in refused(pack(members | {"rows/account/000001.jsonl": line}))


def test_a_line_without_end_does_not_fill_the_memory(members, pack, monkeypatch):
    monkeypatch.setattr("submissions.dump.layout.LONGEST_ROW", 10_000)
    long = b'{"name": "' + b"x" * 20_000 + b'"}\n'
    assert "has a line that is too long or does not end" in refused(pack(members | {"rows/account/000001.jsonl": long}))


def test_rows_that_unpack_to_far_more_than_the_archive_are_refused(members, pack):
    account = json.loads(members["rows/account/000001.jsonl"].splitlines()[0]) | {"name": "x" * 60_000_000}
    bomb = members | {"rows/account/000001.jsonl": json.dumps(account).encode() + b"\n"}
    small = {name: content for name, content in bomb.items() if not name.startswith("artifacts/")}
    path = pack(small, compress=True, numbers_of=["account"])
    assert path.stat().st_size < 250_000
    assert "its rows are more than 200 times as large as the archive" in refused(path)


def test_files_must_be_those_that_rows_name(members, pack):
    first = next(name for name in members if name.startswith("artifacts/") and members[name])
    assert "has another digest" in refused(pack(members | {first: b"x" * len(members[first])}))
    lacking = {name: content for name, content in members.items() if name != first}
    assert f"1 files that its rows name are not in it, first {first[-64:]}" in refused(pack(lacking))
    more = {name: content for name, content in members.items() if name != "SHA256SUMS"}
    assert "no row names artifacts/ff/ffff" in refused(pack(more | {f"artifacts/ff/{'f' * 64}": b"mine"}))


def test_a_file_that_is_larger_than_files_may_be_here_names_the_setting(members, pack, monkeypatch):
    content = bytes(2**20 + 1)
    name = f"artifacts/{hashlib.sha256(content).hexdigest()[:2]}/{hashlib.sha256(content).hexdigest()}"
    monkeypatch.setenv("REMATCH_MAX_FILE_MB", "1")
    rows = {one: content for one, content in members.items() if not one.startswith(("artifacts/", "SHA256SUMS"))}
    message = refused(pack(rows | {name: content}))
    assert "more than a file may have here (1,048,576). If that is right, raise REMATCH_MAX_FILE_MB" in message


def dangling(row):
    row["submission_id"] = "00000000-0000-4000-8000-000000000000"


def repeated(members):
    name = "rows/submission/000001.jsonl"
    first = members[name].splitlines(keepends=True)[0]
    return members | {name: members[name] + first}


def test_what_only_the_database_finds_is_undone_and_its_files_are_cleared_away(members, pack):
    for hostile, words in (
        (changed_row(members, "submitted_run", dangling), "refer to rows that are not there"),
        (repeated(members), "the database refuses rows of rows/submission/000001.jsonl: UNIQUE constraint failed"),
    ):
        with pytest.raises(DumpError, match=words):
            restore(pack(hostile, numbers_of=["submission"]))
        assert not inspect(database.get_engine()).get_table_names()
    database.prepare()
    n_files = sum(name.startswith("artifacts/") for name in members)
    with database.session() as session:
        assert clear_leftovers(session, artifact_store(), older_seconds=-1) == n_files
    assert [path for path in (get_settings().home / "artifacts").rglob("*") if path.is_file()] == []


def test_a_dump_that_changes_between_check_and_restore_is_refused(whole, members, pack, monkeypatch, tmp_path):
    path = pack(members)
    restoring_keep = restoring.keep_files

    def keep_and_change(verified):
        kept = restoring_keep(verified)
        pack(changed_row(members, "result", lambda row: row.update(expected=0.123)))
        return kept

    monkeypatch.setattr(restoring, "keep_files", keep_and_change)
    with pytest.raises(DumpError, match="was changed since it was checked"):
        restore(path)
    assert not inspect(database.get_engine()).get_table_names()


def test_a_full_disk_undoes_everything(members, pack, monkeypatch):
    path = pack(members)
    database.prepare()
    limit = get_settings().home / "rematch.db"
    with sqlite3.connect(limit) as connection:
        n_pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    real = database.migration_connection

    @contextmanager
    def small():
        with real() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {n_pages + 2}")
            yield connection

    monkeypatch.setattr("submissions.dump.restoring.migration_connection", small)
    with pytest.raises(DatabaseError, match=r"its disk is full\. Nothing was written"):
        restore(path)
    with sqlite3.connect(limit) as connection:
        assert connection.execute("SELECT count(*) FROM artifact").fetchone() == (0,)
    connection.close()
