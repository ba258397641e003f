"""The database: ready by itself when embedded, and errors in words."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from submissions import database
from submissions.errors import DatabaseError, SettingsError
from submissions.settings import get_settings


def test_an_embedded_database_is_made_when_first_needed():
    database.prepare()
    with database.session() as opened:
        assert opened.connection().exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert opened.connection().exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_several_processes_may_prepare_it_at_once():
    command = [sys.executable, "-c", "from submissions import database; database.prepare()"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    logs = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], logs


def test_a_session_rolls_back_what_raises(prepared):
    from submissions.tables import Artifact

    def add_and_burst():
        with database.session() as opened:
            opened.add(Artifact(sha256="a", size=1, filename="a"))
            opened.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_burst()
    with database.session() as opened:
        assert opened.get(Artifact, "a") is None


def test_a_database_of_a_newer_version_is_refused(prepared):
    with sqlite3.connect(get_settings().home / "rematch.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(DatabaseError, match="newer version"):
        database.prepare()


def test_a_database_that_cannot_be_opened_is_named_without_its_password(monkeypatch, tmp_path):
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/taken/rematch.db")
    with pytest.raises(DatabaseError, match="cannot be opened: its folder is not there and cannot be made, or may"):
        database.prepare()
    monkeypatch.setenv("REMATCH_DATABASE_URL", "postgresql://me:secret@db.example/rematch")
    assert "secret" not in database.safe_url()
    database.forget_connections()


@pytest.mark.parametrize("url", ["mysql://host/name", "rematch.db", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused_in_words(monkeypatch, url):
    monkeypatch.setenv("REMATCH_DATABASE_URL", url)
    with pytest.raises(DatabaseError, match=r"REMATCH_DATABASE_URL .*expected sqlite:///PATH"):
        database.prepare()


def test_a_setting_that_is_no_number_names_its_variable(monkeypatch):
    monkeypatch.setenv("REMATCH_MAX_FILE_MB", "many")
    with pytest.raises(SettingsError, match="REMATCH_MAX_FILE_MB is 'many'"):
        get_settings()


def test_many_threads_that_find_no_tables_make_them_once(tmp_path, monkeypatch):
    """As the pages of a server that all begin at once."""
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(database.prepare) for _ in range(8)]:
            done.result(timeout=60)
    assert database.is_current()
