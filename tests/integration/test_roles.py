"""The roles of the container stack's database: each may do what its process does, and no more."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction

from submissions import board_query, database
from submissions.database import METADATA, prepare, session
from submissions.entry_query import read_entry
from submissions.intake import submit
from submissions.queue_query import count_parts
from tests.servers import postgres_programs
from worker.jobs import run_evaluation
from worker.reaper import reap

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "postgres"
KINDS = ("owner", "api", "worker", "board")
TABLES = sorted(METADATA.tables)
HIDDEN = {
    "worker": {"access_token", "idempotent_request"},
    "board": {"access_token", "idempotent_request", "upload", "admin_act"},
}


def run_script(server, *command, role="postgres"):
    passwords = {f"POSTGRES_{kind.upper()}_PASSWORD": f"'{kind}' \\ $1" for kind in KINDS}
    known = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": role, "PGDATABASE": "rematch"}
    path = f"{postgres_programs()}:{os.environ['PATH']}"
    done = subprocess.run(
        command, env={**os.environ, **known, **passwords, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def urls(postgres_server):
    """The address of one database for each role, prepared as the stack does it."""
    postgres_server.administer("CREATE ROLE postgres SUPERUSER LOGIN")
    postgres_server.administer("CREATE DATABASE rematch")
    # Twice: that is how passwords are changed.
    for _ in range(2):
        run_script(postgres_server, "bash", str(DEPLOY / "roles.sh"))
    found = {kind: f"postgresql://rematch_{kind}@127.0.0.1:{postgres_server.port}/rematch" for kind in KINDS}
    os.environ["REMATCH_DATABASE_URL"] = found["owner"]
    database.migrate()
    database.forget_connections()
    del os.environ["REMATCH_DATABASE_URL"]
    for _ in range(2):
        run_script(postgres_server, "psql", "--quiet", f"--file={DEPLOY / 'rights.sql'}", role="rematch_owner")
    return found


def removal_from(table):
    return sql.SQL("DELETE FROM {}").format(sql.Identifier(table))


def may(url, statement, *, settings=""):
    with psycopg.connect(url) as connection:
        connection.execute(settings)
        connection.commit()
        try:
            connection.execute(statement)
        except (InsufficientPrivilege, ReadOnlySqlTransaction):
            return False
        finally:
            connection.rollback()
    return True


@pytest.mark.parametrize("kind", ["api", "worker", "board"])
@pytest.mark.parametrize("statement", ["CREATE TABLE mine (id int)", "DROP TABLE evaluation", "TRUNCATE evaluation"])
def test_only_the_owner_changes_tables(urls, kind, statement):
    assert not may(urls[kind], statement)


@pytest.mark.parametrize("kind", ["api", "worker", "board"])
def test_nobody_but_the_owner_says_which_version_the_tables_have(urls, kind):
    assert may(urls[kind], "SELECT * FROM alembic_version")
    assert not may(urls[kind], "UPDATE alembic_version SET version_num = '0'")


@pytest.mark.parametrize("kind", ["api", "worker", "board"])
@pytest.mark.parametrize("table", TABLES)
def test_a_role_reads_the_tables_that_its_process_needs(urls, kind, table):
    assert may(urls[kind], f'TABLE "{table}"') is (table not in HIDDEN.get(kind, ()))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("settings", ["", "SET default_transaction_read_only = off"])
def test_the_board_writes_nothing(urls, settings, table):
    assert not may(urls["board"], removal_from(table), settings=settings)


@pytest.mark.parametrize("table", TABLES)
def test_the_api_writes_rows_of_every_table(urls, table):
    assert may(urls["api"], removal_from(table))


@pytest.mark.parametrize("table", ["account", "access_token", "admin_act"])
def test_a_worker_cannot_make_itself_an_account(urls, table):
    assert not may(urls["worker"], f"INSERT INTO {table} DEFAULT VALUES")


def test_the_roles_suffice_from_a_submission_to_the_board(urls, make_submission, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", urls["api"])
    with session() as opened:
        submission = submit(opened, make_submission())
        queued = [run.evaluations[0].id for run in submission.runs]
    monkeypatch.setenv("REMATCH_DATABASE_URL", urls["worker"])
    prepare()
    reap()
    assert [run_evaluation(one).value for one in queued] == ["succeeded", "succeeded"]
    monkeypatch.setenv("REMATCH_DATABASE_URL", urls["board"])
    prepare()
    with session() as opened:
        assert [key.protocol for key in board_query.board_keys(opened)] == ["standard"]
        assert [part.n for part in count_parts(opened).values()] == [0, 0, 0, 2]
        assert read_entry(opened, submission.id) is not None
    database.forget_connections()
