"""Tables and migrations say the same, on both databases."""

import pytest
from alembic import command
from sqlalchemy import inspect

from submissions import database
from submissions.errors import DatabaseError

SUBMISSIONS = {"artifact", "submission", "submitted_run", "evaluation", "result", "query_ranks"}
TABLES = SUBMISSIONS | {"image_effects", "claim_source", "stored_claim", "account", "access_token", "upload"}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, monkeypatch):
    if request.param == "postgresql":
        monkeypatch.setenv("REMATCH_DATABASE_URL", request.getfixturevalue("empty_postgres_url"))
    yield request.param
    database.forget_connections()


def test_an_empty_database_becomes_what_the_tables_say(empty):
    database.migrate()
    assert set(inspect(database.get_engine()).get_table_names()) >= TABLES
    command.check(database.alembic_config())
    database.migrate()
    database.prepare()


def test_migrations_can_be_undone(empty):
    database.migrate()
    command.downgrade(database.alembic_config(), "base")
    assert set(inspect(database.get_engine()).get_table_names()) == {"alembic_version"}


def test_a_server_database_is_never_migrated_unasked(empty_postgres_url, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", empty_postgres_url)
    with pytest.raises(DatabaseError, match="To bring it up to date: rematch migrate"):
        database.prepare()


def test_a_server_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/rematch")
    with pytest.raises(DatabaseError, match="cannot be reached") as caught:
        database.prepare()
    assert "secret" not in str(caught.value)
    database.forget_connections()
