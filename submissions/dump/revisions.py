"""Databases at the revision of a dump: what tables they have, whether they are empty, and how they get there."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, StaticPool, create_engine, exists, inspect, select
from sqlalchemy import Enum as SqlEnum

from submissions.database import BUSY_SECONDS, METADATA, alembic_config
from submissions.dump.kinds import kind_of
from submissions.dump.rows import Column
from submissions.errors import DumpError

if TYPE_CHECKING:
    from alembic.config import Config

VERSIONS = "alembic_version"
"""The table in which the revision is kept."""


def current_revision(connection: Connection) -> str:
    """Return the last migration of a database.

    Raises:
        DumpError: It has none.
    """
    found = revision_of(connection)
    if found is None:
        raise DumpError("The database has no tables, so that there is nothing to dump. To make them: rematch migrate")
    return found


def revision_of(connection: Connection) -> str | None:
    """Return the last migration of a database, None where it has no tables."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def knows(revision: str) -> bool:
    """Whether the migrations of this version have such a revision."""
    from alembic.script import ScriptDirectory

    # By name: what looks one up also takes the beginning of a name, and words such as `head`.
    return revision in {one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


@cache
def tables_at(revision: str) -> Mapping[str, Mapping[str, Column]]:
    """Return the columns of all tables as they were at a revision, found by making them in memory."""
    from alembic import command

    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        command.upgrade(_config(connection), revision)
        described = MetaData()
        described.reflect(connection)
    engine.dispose()
    return {
        table.name: {
            column.name: Column(kind_of(column.type), not column.nullable, _words(table.name, column.name))
            for column in table.columns
        }
        for table in described.tables.values()
        if table.name != VERSIONS
    }


def bring_to(connection: Connection, revision: str) -> None:
    """Give an empty database the tables of a revision, in the transaction that is open."""
    from alembic import command

    config = _config(connection)
    if revision_of(connection) not in (None, revision):
        command.downgrade(config, "base")
    command.upgrade(config, revision)


def bring_up(connection: Connection) -> None:
    """Migrate a database to this version, in the transaction that is open."""
    from alembic import command

    command.upgrade(_config(connection), "head")


def lock_tables(connection: Connection) -> None:
    """Keep others from writing to the tables there are; SQLite has let in one writer only, which is this one."""
    if connection.dialect.name != "postgresql":
        return
    found = inspect(connection).get_table_names()
    if found:
        quote = connection.dialect.identifier_preparer.quote
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(map(quote, found))} IN ACCESS EXCLUSIVE MODE")


def filled_tables(connection: Connection) -> list[str]:
    """Return the tables that have a row."""
    described = MetaData()
    described.reflect(connection)
    return [
        table.name
        for table in described.sorted_tables
        if table.name != VERSIONS and connection.execute(select(exists(select(1).select_from(table)))).scalar_one()
    ]


def _config(connection: Connection) -> "Config":
    config = alembic_config()
    config.attributes["connection"] = connection
    return config


def _words(table: str, column: str) -> frozenset[str] | None:
    """Return the values of an enumeration, which a database keeps as plain text."""
    found = METADATA.tables.get(table)
    if found is None or column not in found.columns:
        return None
    kind = found.columns[column].type
    return frozenset(kind.enums) if isinstance(kind, SqlEnum) else None
