"""A dump goes from any database into any other, is of one moment, and comes back whole also from older versions."""

import threading
import time
from contextlib import contextmanager

import pytest
from alembic import command
from sqlalchemy import MetaData, create_engine, inspect, text
from sqlmodel import Session, select, update

from leaderboard.standings import board_standings
from submissions import board_query, database
from submissions.artifacts import artifact_store
from submissions.dump import snapshot, writing
from submissions.dump.archive import Archive
from submissions.dump.restoring import restore
from submissions.dump.writing import dump
from submissions.errors import DatabaseError, DumpError
from submissions.intake import submit
from submissions.tables import Artifact, Evaluation, Result, Status, Submission, SubmittedRun
from tests.filled_database import all_values, dumped, fill
from worker.local import drain


@pytest.fixture
def move(tmp_path, monkeypatch):
    """Go to a home of its own and a database there or on a server."""

    def to(name, url=None):
        database.forget_connections()
        monkeypatch.setenv("REMATCH_HOME", str(tmp_path / name))
        if url is None:
            monkeypatch.delenv("REMATCH_DATABASE_URL", raising=False)
        else:
            monkeypatch.setenv("REMATCH_DATABASE_URL", url)

    yield to
    database.forget_connections()


def values():
    with database.session() as session:
        return all_values(session)


def fill_all(folder, seed=0):
    """Rows of every kind in every table; none is under way, so that they come back as they were."""
    with database.session() as session:
        fill(session, folder, seed=seed)
        session.exec(update(Evaluation).where(Evaluation.status == "running").values(status="failed"))
        session.exec(update(Evaluation).values(reserved_until=None, enqueued_at=None))
        session.connection().exec_driver_sql("DELETE FROM upload WHERE sha256 NOT IN (SELECT sha256 FROM artifact)")


def test_everything_goes_from_one_kind_of_database_to_the_other_and_back(move, postgres_url, tmp_path):
    move("first")
    database.prepare()
    fill_all(tmp_path / "files")
    before = values()
    assert all(before.values())
    dump(tmp_path / "first.tar")

    move("second", postgres_url)
    restore(tmp_path / "first.tar")
    assert values() == before
    dump(tmp_path / "second.tar.gz")

    move("third")
    restore(tmp_path / "second.tar.gz")
    assert values() == before
    dump(tmp_path / "third.tar")
    assert dumped(tmp_path / "first.tar") == dumped(tmp_path / "second.tar.gz") == dumped(tmp_path / "third.tar")
    with database.session() as session:
        for artifact in session.exec(select(Artifact)):
            artifact_store().open_path(artifact.sha256, artifact.size)


@pytest.mark.parametrize("seed", range(5))
def test_rows_of_any_values_survive_the_way_through_a_server(move, empty_postgres_url, tmp_path, seed):
    move("first")
    database.prepare()
    fill_all(tmp_path / "files", seed=seed + 100)
    before = values()
    dump(tmp_path / "first.tar")
    move("second", empty_postgres_url)
    restore(tmp_path / "first.tar")
    assert values() == before


def shown_boards():
    with database.session() as session:
        return [(board, board_standings(session, board).to_csv()) for board in board_query.board_keys(session)]


def test_a_board_is_the_same_afterwards_and_work_goes_on(move, postgres_url, make_submission, tmp_path):
    move("first")
    database.prepare()
    with database.session() as session:
        for number in range(3):
            submit(session, make_submission(f"number-{number}", system=f"System {number}"))
    drain()
    with database.session() as session:
        waiting = submit(session, make_submission("late", system="Late")).id
    before = shown_boards()
    assert before
    dump(tmp_path / "first.tar")

    move("second", postgres_url)
    assert restore(tmp_path / "first.tar").resumed.n_queued == 2
    assert shown_boards() == before
    assert drain() == 2
    with database.session() as session:
        states = session.exec(
            select(Evaluation.status).join(SubmittedRun).where(SubmittedRun.submission_id == waiting)
        ).all()
    assert states == [Status.SUCCEEDED] * 2


@contextmanager
def written_meanwhile(artifact):
    """Hand in without a pause, each time a submission with one run, evaluation and result, all in one transaction."""
    stop, committed = threading.Event(), []

    def write():
        while not stop.is_set():
            with database.session() as session:
                submission = Submission(system="s", submitter="s", setting="zero-shot", manifest={})
                session.add(submission)
                session.flush()
                run = SubmittedRun(submission_id=submission.id, position=0, format="npy", seed=0, seed_governs=[],
                                   artifact_sha256=artifact)  # fmt: skip
                session.add(run)
                session.flush()
                evaluation = Evaluation(run_id=run.id, protocol="p", protocol_version=1, split="s", split_digest="d",
                                        judgments="original", centricity="scene", evaluator_version="0",
                                        status=Status.SUCCEEDED)  # fmt: skip
                session.add(evaluation)
                session.flush()
                session.add(Result(evaluation_id=evaluation.id, metric="R@1", direction="i2t", expected=0.1,
                                   pessimistic=0.1, optimistic=0.1))  # fmt: skip
            committed.append(submission.id)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield committed
    finally:
        stop.set()
        thread.join()


def test_a_dump_is_of_one_moment_while_others_write(backend, tmp_path, monkeypatch, wait_for):
    with database.session() as session:
        session.add(Artifact(sha256="a" * 64, size=1, filename="a"))
    adding = Archive.add_rows

    def add_slowly(self, table, lines):
        n_rows = adding(self, table, lines)
        n_before = len(committed)
        wait_for(lambda: len(committed) > n_before + 1, "A commit in the midst of a dump")
        return n_rows

    monkeypatch.setattr(Archive, "add_rows", add_slowly)
    with written_meanwhile("a" * 64) as committed:
        wait_for(lambda: len(committed) > 3, "The first commits")
        dump(tmp_path / "all.tar", writing.Choice(artifacts=False))
        n_after = len(committed)
    found = dumped(tmp_path / "all.tar")
    n_dumped = len(found["submission"])
    assert 3 < n_dumped < n_after - 15
    assert {len(found[name]) for name in ("submitted_run", "evaluation", "result")} == {n_dumped}
    assert {row["submission_id"] for row in found["submitted_run"]} == {row["id"] for row in found["submission"]}
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/second.db")
    assert restore(tmp_path / "all.tar").header.tables["submission"].rows == n_dumped


def old_dump(path, revision, monkeypatch):
    """Write what the version of a revision wrote: its tables, with their columns of then."""
    command.upgrade(database.alembic_config(), revision)
    described = MetaData()
    described.reflect(database.get_engine())
    described.remove(described.tables["alembic_version"])
    old = described.sorted_tables
    for table in old:
        for column in table.columns:
            # A database keeps ids and enumerations as plain text.
            column.type = database.METADATA.tables[table.name].columns[column.name].type
    with monkeypatch.context() as patch:
        patch.setattr(database, "METADATA", described)
        with Session(database.get_engine()) as session:
            fill(session, path.parent / "files")
            session.commit()
    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "tables", lambda: old)
        patch.setattr(writing, "tables", lambda: old)
        patch.setattr(writing, "prepare", lambda: None)
        return dump(path)


@pytest.mark.parametrize("prepared", [False, True], ids=["without tables", "with tables"])
def test_an_older_dump_is_restored_as_it_was_and_then_migrated(backend, move, tmp_path, monkeypatch, prepared, request):
    target = request.getfixturevalue("empty_postgres_url") if backend == "postgresql" else None
    move("old")
    header = old_dump(tmp_path / "old.tar", "0004", monkeypatch).header
    assert header.revision == "0004"
    assert "account" not in header.tables
    assert "is_private" not in header.tables["submission"].columns
    before = dumped(tmp_path / "old.tar")

    move("new", target)
    if prepared:
        database.migrate()
    restore(tmp_path / "old.tar")
    database.prepare()
    command.check(database.alembic_config())
    dump(tmp_path / "new.tar")
    after = dumped(tmp_path / "new.tar")
    assert after.keys() == before.keys()
    assert {row["is_private"] for row in after["submission"]} == {False}
    pairs = zip(after["submission"], before["submission"], strict=True)
    assert [{name: row[name] for name in old} for row, old in pairs] == before["submission"]
    for name in ("artifact", "submitted_run", "result", "query_ranks", "image_effects", "claim_source", "stored_claim"):
        assert after[name] == before[name], name


def test_of_two_that_restore_at_once_one_wins(backend, move, tmp_path, request):
    target = request.getfixturevalue("empty_postgres_url") if backend == "postgresql" else None
    move("first")
    database.prepare()
    fill_all(tmp_path / "files")
    before = values()
    dump(tmp_path / "all.tar")
    move("second", target)
    outcomes, barrier = [], threading.Barrier(2)

    def put_back():
        barrier.wait()
        try:
            outcomes.append(restore(tmp_path / "all.tar"))
        except DumpError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=put_back) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (refusal,) = [one for one in outcomes if isinstance(one, str)]
    assert "is not empty" in refusal
    assert values() == before


def test_what_a_server_refuses_leaves_it_without_a_row(move, empty_postgres_url, tmp_path):
    move("first")
    database.prepare()
    with database.session() as session:
        fill(session, tmp_path / "files")
        session.connection().exec_driver_sql("UPDATE submission SET system = 'nul: ' || char(0)")
    dump(tmp_path / "all.tar")
    move("second", empty_postgres_url)
    with pytest.raises(DumpError, match=r"the database refuses rows of rows/submission/000001\.jsonl: .*NUL"):
        restore(tmp_path / "all.tar")
    assert inspect(database.get_engine()).get_table_names() == []


def test_a_server_that_must_be_migrated_first_is_not_dumped(move, empty_postgres_url, tmp_path):
    move("first", empty_postgres_url)
    with pytest.raises(DatabaseError, match="To bring it up to date: rematch migrate"):
        dump(tmp_path / "all.tar")
    assert list(tmp_path.glob("*all*")) == []


def test_a_user_without_the_rights_is_told_so(move, postgres_url, tmp_path):
    move("first", postgres_url)
    dump(tmp_path / "all.tar")
    role = f"reader_{postgres_url[-8:]}"
    with database.session() as session:
        connection = session.connection()
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        connection.exec_driver_sql(f"GRANT SELECT ON alembic_version, submission TO {role}")
    move("second", postgres_url.replace("rematch@", f"{role}@"))
    with pytest.raises(DatabaseError, match=r"does not allow this to its user: permission denied for table artifact\."):
        dump(tmp_path / "second.tar")
    with pytest.raises(DatabaseError, match=r"does not allow this to its user: permission denied for table"):
        restore(tmp_path / "all.tar")
    move("first", postgres_url)
    with database.session() as session:
        session.connection().exec_driver_sql(f"DROP OWNED BY {role}")
        session.connection().exec_driver_sql(f"DROP ROLE {role}")


def test_a_database_that_is_in_use_is_waited_for_and_named(move, postgres_url, tmp_path, monkeypatch):
    move("first")
    database.prepare()
    dump(tmp_path / "all.tar")
    move("second", postgres_url)
    monkeypatch.setattr("submissions.dump.revisions.BUSY_SECONDS", 1)
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as busy:
        busy.execute(text("LOCK TABLE submission IN ROW EXCLUSIVE MODE"))
        started = time.monotonic()
        with pytest.raises(DatabaseError, match="is in use: another process has held its lock"):
            restore(tmp_path / "all.tar")
        assert time.monotonic() - started < 20
    engine.dispose()
    restore(tmp_path / "all.tar")
