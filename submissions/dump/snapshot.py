"""All tables as they were at one moment, read row by row while others go on writing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column as SqlColumn
from sqlalchemy import Connection, Select, Text, cast, func, select, type_coerce
from sqlalchemy import Table as SqlTable

from submissions.database import METADATA, explained, get_engine
from submissions.dump.kinds import Kind, kind_of
from submissions.dump.rows import write_row

ROWS_AT_A_TIME = 100
"""How many are fetched at once: of the largest, the per-query ranks, this is some 20 MB."""


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Open a connection that sees the database as it is now until the block ends, whatever is committed meanwhile.

    Raises:
        DatabaseError: The database cannot be reached.
    """
    with explained(), get_engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            # Python's sqlite3 opens no transaction for reading: every SELECT would see a state of its own.
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection


def tables() -> list[SqlTable]:
    """Return all tables, each after those that it refers to."""
    return METADATA.sorted_tables


def kinds_of(table: SqlTable) -> dict[str, Kind]:
    """Return the kinds of the columns of a table."""
    return {column.name: kind_of(column.type) for column in table.columns}


def all_rows(table: SqlTable, replaced: Mapping[str, Any] | None = None) -> Select[Any]:
    """Return the query for all rows of a table in the order of its primary key, the same in every database.

    Args:
        table: The table.
        replaced: What to read in the place of some columns.
    """
    chosen = [_selected(column, (replaced or {}).get(column.name, column)) for column in table.columns]
    return select(*chosen).order_by(*table.primary_key.columns)


def count_rows(connection: Connection, query: Select[Any]) -> int:
    """Count the rows of a query."""
    return connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()


def lines(connection: Connection, table: SqlTable, query: Select[Any]) -> Iterator[bytes]:
    """Read the rows of a query as lines, with few of them in memory at a time."""
    kinds = kinds_of(table)
    if connection.dialect.name == "postgresql":
        query = query.order_by(None).order_by(*(_bytewise(column) for column in table.primary_key.columns))
    for row in connection.execute(query, execution_options={"yield_per": ROWS_AT_A_TIME}).mappings():
        yield write_row(dict(row), kinds)


def _selected(column: SqlColumn[Any], source: Any) -> Any:
    kind = kind_of(column.type)
    # As text, in which NULL and the JSON value null are not the same.
    found = cast(source, Text) if kind.name == "json" else type_coerce(source, kind.column_type)
    return found.label(column.name)


def _bytewise(column: SqlColumn[Any]) -> Any:
    """Sort text as SQLite does, and not by the rules of the database's language."""
    return column.collate("C") if kind_of(column.type).name == "text" else column
