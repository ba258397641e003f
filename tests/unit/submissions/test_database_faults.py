"""A database that is locked, full, damaged, incomplete or not there is one message, and no message holds a password."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from submissions import database
from submissions.database_faults import explain_fault, shown_url
from submissions.errors import DatabaseError
from submissions.settings import get_settings
from submissions.tables import Artifact


@pytest.fixture
def file(prepared):
    return get_settings().home / "rematch.db"


def add_artifact(content="a", size=1):
    with database.session() as opened:
        opened.add(Artifact(sha256=content, size=size, filename="a"))


def message_of(work):
    with pytest.raises(DatabaseError) as caught:
        work()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_lock_that_is_held_too_long_is_told_in_words(file, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    database.forget_connections()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        message = message_of(add_artifact)
    assert message.endswith("look for a process that hangs while it writes.")
    assert "is in use: another process has held its lock for more than 0.1 seconds" in message
    add_artifact()


def test_a_lock_while_migrating_is_told_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    get_settings().home.mkdir()
    with closing(sqlite3.connect(get_settings().home / "rematch.db", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        assert "is in use" in message_of(database.prepare)


def test_a_full_disk_is_told_in_words(file):
    def fill():
        with database.session() as opened:
            # As small as it is now: the same fault, without a disk to fill.
            opened.connection().exec_driver_sql("PRAGMA max_page_count = 1")
            opened.add(Artifact(sha256="a", size=1, filename="a" * 10**6))

    assert "its disk is full. Nothing was written. Free some space" in message_of(fill)


def test_a_file_that_is_no_database_is_told_in_words(monkeypatch, tmp_path):
    (tmp_path / "notes.txt").write_text("These are no tables at all, just notes.\n" * 100)
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/notes.txt")
    message = message_of(database.prepare)
    assert "notes.txt is no SQLite database, or is damaged: file is not a database" in message
    database.forget_connections()


def test_a_read_only_database_is_told_in_words(file):
    def write():
        with database.session() as opened:
            opened.connection().exec_driver_sql("PRAGMA query_only = ON")
            opened.add(Artifact(sha256="a", size=1, filename="a"))

    assert "is read-only. Check the permissions" in message_of(write)


def test_a_missing_table_at_the_right_version_is_told_in_words(file):
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA foreign_keys = OFF")
        other.execute("DROP TABLE artifact")
        other.commit()
    database.prepare()
    message = message_of(add_artifact)
    assert "has not all the tables of its version: no such table: artifact" in message
    assert message.endswith("Restore a complete copy of it.")


def test_a_wrong_statement_stays_a_fault_of_ours(file):
    with pytest.raises(OperationalError, match="syntax error"), database.session() as opened:
        opened.connection().exec_driver_sql("SELEKT 1")
    add_artifact()
    with pytest.raises(IntegrityError):
        add_artifact()


SECRET = "s3cr3t"  # noqa: S105
URLS = {
    "a port that is none": f"postgresql://me:{SECRET}@host:notaport/name",
    "an open bracket": f"postgresql://me:{SECRET}@[::1/name",
    "an at sign in a password": f"postgresql://me:{SECRET}@{SECRET}@[::1/name",
    "a slash in a password": f"postgresql://me:{SECRET}/{SECRET}@127.0.0.1:1/name",
    "another database": f"mysql://me:{SECRET}@host/name",
    "no driver of that name": f"postgresql+nonsense://me:{SECRET}@host/name",
    "a driver that is not installed": f"postgresql+pg8000://me:{SECRET}@host/name",
    "an option that is none": f"postgresql://me:{SECRET}@127.0.0.1:1/name?{SECRET}x=1&nonsense=1",
    "no server": f"postgresql://me:{SECRET}@127.0.0.1:1/name",
    "a password in the query": f"postgresql://127.0.0.1:1/name?user=me&password={SECRET}",
    "a port beyond all ports": f"postgresql://me:{SECRET}@127.0.0.1:99999/name",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_url_that_cannot_be_used_is_one_message_without_the_password(monkeypatch, url):
    monkeypatch.setenv("REMATCH_DATABASE_URL", url)
    message = message_of(database.prepare)
    assert "REMATCH_DATABASE_URL" in message
    if f"?{SECRET}" not in url:
        assert SECRET not in message
    database.forget_connections()


def test_a_port_that_is_none_says_how_a_url_is_written(monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", URLS["an open bracket"])
    message = message_of(database.prepare)
    assert "with an IPv6 address in brackets, as in [::1], and in a password %40 for @" in message


def test_a_url_is_shown_without_any_password():
    url = make_url(f"postgresql+psycopg://me:{SECRET}@host:5/name?sslpassword={SECRET}&password={SECRET}&x=1")
    assert SECRET not in shown_url(url)
    assert shown_url(url).startswith("postgresql+psycopg://me:***@host:5/name?")
    assert "x=1" in shown_url(url)


class UndefinedTable(Exception):  # noqa: N818
    """Named as the one of the driver."""


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            ProgrammingError("SELECT 1", {}, UndefinedTable('relation "result" does not exist')),
            "has not all the tables",
        ),
        (ProgrammingError("SELEKT 1", {}, UndefinedTable("near SELEKT")), "has not all the tables"),
        (ProgrammingError("SELEKT 1", {}, ValueError("syntax error at SELEKT")), None),
        (OperationalError("INSERT", {}, ValueError("could not extend file: No space left on device")), "disk is full"),
        (
            OperationalError("INSERT", {}, ValueError(f"bad {SECRET} here.\nDETAIL: more")),
            "cannot be reached: bad *** here.",
        ),
        (OperationalError("INSERT", {}, ValueError("")), "cannot be reached: ValueError."),
    ],
)
def test_what_postgresql_says_is_told_in_words(fault, words):
    told = explain_fault(fault, make_url(f"postgresql://me:{SECRET}@host/name"), busy_seconds=30)
    assert (told is None) if words is None else (words in str(told) and SECRET not in str(told))
