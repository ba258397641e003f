"""A dump holds everything, people can read it, and it goes back into an empty database as it was."""

import json
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from sqlmodel import select, update

from submissions import database
from submissions.artifacts import artifact_store
from submissions.dump.restoring import restore
from submissions.dump.writing import Choice, dump
from submissions.errors import ArtifactError, DatabaseError, DumpError
from submissions.tables import Artifact, Evaluation, Status
from tests.filled_database import all_values, dumped, fill


@pytest.fixture
def filled(prepared, tmp_path):
    """A database in which nothing is under way, so that it comes back as it was."""
    with database.session() as session:
        fill(session, tmp_path / "files")
        session.exec(update(Evaluation).where(Evaluation.status == "running").values(status="failed"))
        session.exec(update(Evaluation).values(reserved_until=None, enqueued_at=None))
        session.connection().exec_driver_sql("DELETE FROM upload WHERE sha256 NOT IN (SELECT sha256 FROM artifact)")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Go to another home, which is empty."""

    def go(name="elsewhere"):
        monkeypatch.setenv("REMATCH_HOME", str(tmp_path / name))

    return go


def values():
    with database.session() as session:
        return all_values(session)


def digests():
    with database.session() as session:
        return {one.sha256: one.size for one in session.exec(select(Artifact))}


def test_everything_comes_back_as_it_was(filled, elsewhere, tmp_path):
    before, files = values(), digests()
    assert all(before.values()), "a table without rows proves nothing"
    dump(tmp_path / "all.tar")
    elsewhere()
    found = restore(tmp_path / "all.tar")
    assert values() == before
    assert found.n_stored == len(files)
    assert [artifact_store().open_path(sha256, size).stat().st_size for sha256, size in files.items()] == [
        *files.values()
    ]


def test_nothing_restored_waits_to_be_cleared_away(filled, elsewhere, tmp_path):
    from submissions.leftovers import clear_leftovers

    dump(tmp_path / "all.tar")
    elsewhere()
    restore(tmp_path / "all.tar")
    with database.session() as session:
        assert clear_leftovers(session, artifact_store(), older_seconds=-1) == 0
    assert all(artifact_store().open_path(sha256, size) for sha256, size in digests().items())


def test_the_same_board_is_the_same_dump_but_for_its_time(filled, elsewhere, tmp_path):
    dump(tmp_path / "one.tar")
    elsewhere()
    restore(tmp_path / "one.tar")
    dump(tmp_path / "two.tar.gz")
    assert dumped(tmp_path / "one.tar") == dumped(tmp_path / "two.tar.gz")
    assert (tmp_path / "two.tar.gz").stat().st_size < (tmp_path / "one.tar").stat().st_size


def test_other_programs_can_unpack_and_check_a_dump(filled, tmp_path):
    dump(tmp_path / "all.tar.gz")
    folder = tmp_path / "unpacked"
    folder.mkdir()
    subprocess.run(["tar", "xf", tmp_path / "all.tar.gz"], cwd=folder, check=True)
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    packed = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert packed == listed | {"SHA256SUMS"}
    header = json.loads((folder / "header.json").read_text())
    assert {name: table["rows"] for name, table in header["tables"].items()} == {k: len(v) for k, v in values().items()}


def test_a_dump_is_for_its_owner_alone_and_leaves_no_half_file(filled, tmp_path, monkeypatch):
    folder = tmp_path / "backups"
    folder.mkdir()
    dump(folder / "all.tar")
    assert stat.S_IMODE((folder / "all.tar").stat().st_mode) == 0o600
    monkeypatch.setattr("submissions.dump.writing._add_artifacts", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        dump(folder / "second.tar")
    assert [path.name for path in folder.iterdir()] == ["all.tar"]


def test_a_dump_replaces_nothing_unasked(filled, tmp_path):
    path = tmp_path / "all.tar"
    path.write_text("precious")
    with pytest.raises(DumpError, match=r"is there already\. Choose another name, or replace it with --force"):
        dump(path)
    assert path.read_text() == "precious"
    dump(path, force=True)
    assert tarfile.is_tarfile(path)
    with pytest.raises(DumpError, match="is a folder"):
        dump(tmp_path, force=True)
    with pytest.raises(DumpError, match="cannot be written: No such file or directory"):
        dump(tmp_path / "not" / "there.tar")


def test_a_damaged_stored_file_stops_a_dump_unless_it_may_be_left_out(filled, elsewhere, tmp_path):
    first, second = sorted(digests())[:2]
    for sha256 in (first, second):
        artifact_store().location(sha256).chmod(0o644)
    artifact_store().location(first).write_bytes(b"damaged")
    artifact_store().location(second).unlink()
    with pytest.raises(ArtifactError, match=rf"{first} is damaged.*--leave-out-missing"):
        dump(tmp_path / "all.tar")
    assert not (tmp_path / "all.tar").exists()
    written = dump(tmp_path / "all.tar", Choice(leave_out_missing=True))
    assert written.missing == (first, second)
    elsewhere()
    assert restore(tmp_path / "all.tar").missing == {first, second}


def test_files_can_be_left_to_another_backup(filled, elsewhere, tmp_path):
    dump(tmp_path / "rows.tar", Choice(artifacts=False))
    with tarfile.open(tmp_path / "rows.tar") as archive:
        assert not [name for name in archive.getnames() if name.startswith("artifacts/")]
    before = values()
    elsewhere()
    assert restore(tmp_path / "rows.tar").n_stored == 0
    assert values() == before


def test_what_is_stored_already_and_whole_is_not_stored_again(filled, tmp_path, monkeypatch):
    dump(tmp_path / "all.tar")
    damaged = min(digests())
    artifact_store().location(damaged).chmod(0o644)
    artifact_store().location(damaged).write_bytes(b"damaged")
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/second.db")
    assert restore(tmp_path / "all.tar").n_stored == 1
    assert artifact_store().open_path(damaged, digests()[damaged])


def test_what_was_under_way_goes_on_and_loses_no_attempt(prepared, elsewhere, tmp_path):
    with database.session() as session:
        fill(session, tmp_path / "files", seed=3)
        session.exec(update(Evaluation).values(attempts=2, claims=5))
    before = {row["id"]: row for row in _evaluations(tmp_path / "before.tar")}
    elsewhere()
    found = restore(tmp_path / "before.tar")
    after = {row["id"]: row for row in _evaluations(tmp_path / "after.tar")}
    running = [one for one, row in before.items() if row["status"] == "running"]
    queued = [one for one, row in before.items() if row["status"] == "queued"]
    assert running
    assert queued
    assert (found.resumed.n_running, found.resumed.n_queued) == (len(running), len(queued))
    assert found.resumed.n_reserved == sum("reserved_until" in before[one] for one in queued)
    gone = {"worker", "started_at", "heartbeat_at", "enqueued_at", "reserved_until", "progress"}
    for one in running:
        assert (after[one]["status"], after[one]["attempts"], after[one]["claims"]) == ("queued", 1, 5)
        assert not {name for name in gone if after[one].get(name) is not None}
    for one in queued:
        assert (after[one]["status"], after[one]["attempts"]) == ("queued", 2)
        assert not {"enqueued_at", "reserved_until"} & after[one].keys()
        assert after[one]["queued_at"] == before[one]["queued_at"]
    for one in before.keys() - {*running, *queued}:
        assert after[one] == before[one]


def _evaluations(path):
    dump(path)
    return dumped(path)["evaluation"]


def test_uploads_whose_content_is_not_in_the_dump_are_begun_again(prepared, elsewhere, tmp_path):
    with database.session() as session:
        fill(session, tmp_path / "files")
    dump(tmp_path / "all.tar")
    before = dumped(tmp_path / "all.tar")
    files = {row["sha256"] for row in before["artifact"]}
    kept = [row for row in before["upload"] if row["sha256"] in files]
    assert 0 < len(kept) < len(before["upload"])
    elsewhere()
    assert restore(tmp_path / "all.tar").resumed.n_uploads == len(before["upload"]) - len(kept)
    dump(tmp_path / "after.tar")
    assert dumped(tmp_path / "after.tar")["upload"] == kept


def test_a_database_with_rows_is_never_restored_into(filled, tmp_path):
    dump(tmp_path / "all.tar")
    before = values()
    with pytest.raises(DumpError, match=r"is not empty: there are rows in .*, .* and more\. Nothing was restored"):
        restore(tmp_path / "all.tar")
    assert values() == before


def test_a_database_that_is_prepared_and_empty_is_taken(filled, elsewhere, tmp_path):
    before = values()
    dump(tmp_path / "all.tar")
    elsewhere()
    database.prepare()
    restore(tmp_path / "all.tar")
    assert values() == before


def test_a_null_and_the_json_value_null_stay_apart(prepared, elsewhere, tmp_path):
    with database.session() as session:
        fill(session, tmp_path / "files")
        connection = session.connection()
        connection.exec_driver_sql("UPDATE evaluation SET progress = NULL, run_record = 'null', status = 'failed'")
    dump(tmp_path / "all.tar")
    elsewhere()
    restore(tmp_path / "all.tar")
    with database.session() as session:
        found = session.connection().exec_driver_sql("SELECT DISTINCT progress, run_record FROM evaluation").all()
    assert found == [(None, "null")]


def test_large_tables_come_in_parts(filled, elsewhere, tmp_path, monkeypatch):
    monkeypatch.setattr("submissions.dump.archive.PART_BYTES", 1000)
    before = values()
    dump(tmp_path / "all.tar")
    with tarfile.open(tmp_path / "all.tar") as archive:
        parts = [name for name in archive.getnames() if name.startswith("rows/query_ranks/")]
    assert parts == [f"rows/query_ranks/{number:06d}.jsonl" for number in range(1, len(parts) + 1)]
    assert len(parts) > 2
    elsewhere()
    restore(tmp_path / "all.tar")
    assert values() == before


def test_a_row_that_could_not_be_read_again_is_not_written(filled, tmp_path, monkeypatch):
    monkeypatch.setattr("submissions.dump.archive.LONGEST_ROW", 100)
    with pytest.raises(DumpError, match=r"A row of the table \w+ takes [\d,]+ bytes, more than the 100"):
        dump(tmp_path / "all.tar")


def run(*arguments, **options):
    code = "from leaderboard.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, env=environment, **options)


def test_the_commands_take_a_pipe_and_tell_what_they_did(filled, tmp_path, monkeypatch):
    dumped_to_pipe = run("dump", "-")
    assert dumped_to_pipe.returncode == 0, dumped_to_pipe.stderr
    (tmp_path / "piped.tar").write_bytes(dumped_to_pipe.stdout)
    assert b"files are in the pipe" in dumped_to_pipe.stderr
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "third"))
    told = run("restore", str(tmp_path / "piped.tar"), "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["files_stored"] == len(digests())
    again = run("restore", str(tmp_path / "piped.tar"))
    assert (again.returncode, again.stdout) == (1, b"")
    assert b"is not empty" in again.stderr
    assert b"Traceback" not in again.stderr
    written = run("dump", str(tmp_path / "fourth.tar"), "--json")
    assert json.loads(written.stdout)["header"]["tables"]["artifact"]["rows"] == len(digests())


def test_a_database_that_cannot_be_opened_is_an_error_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/text.db")
    (tmp_path / "text.db").write_text("not a database at all, " * 100)
    with pytest.raises(DatabaseError, match="is no SQLite database"):
        dump(tmp_path / "all.tar")
    assert not (tmp_path / "all.tar").exists()


def test_states_have_no_word_that_a_dump_would_not_know():
    # What resumes is found by these two; a new state that is not final must be thought of.
    assert {*Status} - {"succeeded", "failed", "cancelled"} == {"queued", "running"}
