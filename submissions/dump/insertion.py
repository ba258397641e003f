"""Insert the rows of a dump in the transaction that is open."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Connection, TableClause, bindparam, column, insert, table, update
from sqlalchemy.exc import DataError, IntegrityError

from splits.shown import shown
from submissions.database import METADATA
from submissions.dump.layout import artifact_of, table_of
from submissions.dump.members import Member, RefusedError, members, opened
from submissions.dump.rows import Column
from submissions.dump.verification import Verified, read_part

ROWS_AT_A_TIME = 500


def insert_rows(connection: Connection, dump: Verified) -> None:
    """Insert everything.

    Raises:
        DumpError: The database refuses a row, or the archive was changed since it was checked.
    """
    with opened(dump.path):
        _each_part(dump, lambda part, name: _insert(connection, dump, part, name))
        # A row may refer to one of the same table that comes later.
        if any(_own_references(name, columns) for name, columns in dump.columns.items()):
            _each_part(dump, lambda part, name: _point(connection, dump, part, name))
        _refuse_dangling(connection)


def _each_part(dump: Verified, work: Callable[[Member, str], None]) -> None:
    with opened(dump.path) as stream:
        for member in members(stream):
            name = table_of(member.name)
            if name is not None:
                work(member, name)
            elif artifact_of(member.name):
                # Rows come before files.
                return


def _insert(connection: Connection, dump: Verified, part: Member, name: str) -> None:
    columns = dump.columns[name]
    own = dict.fromkeys(_own_references(name, columns))
    statement = insert(_table(name, columns))
    with _fitting(part):
        for batch in _batches(read_part(part, columns)):
            connection.execute(statement, [row | own for row in batch])
    if part.rest() != dump.parts[part.name]:
        raise RefusedError(f"{part.name} was changed since it was checked.")


def _point(connection: Connection, dump: Verified, part: Member, name: str) -> None:
    """Fill in the references of rows to rows of their own table."""
    columns = dump.columns[name]
    target = _table(name, columns)
    keys = METADATA.tables[name].primary_key.columns.keys() if name in METADATA.tables else []
    for reference in _own_references(name, columns):
        rows = (row for row in read_part(part, columns) if row[reference] is not None)
        statement = update(target).values({reference: bindparam("referred")})
        statement = statement.where(*(target.c[key] == bindparam(f"own_{key}") for key in keys))
        with _fitting(part):
            for batch in _batches(rows):
                values = [{"referred": row[reference], **{f"own_{key}": row[key] for key in keys}} for row in batch]
                connection.execute(statement, values)


def _own_references(name: str, columns: Mapping[str, Column]) -> list[str]:
    """Return the columns of a table that refer to rows of the same table."""
    found = METADATA.tables.get(name)
    keys = found.foreign_keys if found is not None else ()
    return sorted(key.parent.name for key in keys if key.column.table is found and key.parent.name in columns)


def _table(name: str, columns: Mapping[str, Column]) -> TableClause:
    return table(name, *(column(one, facts.kind.column_type) for one, facts in columns.items()))


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS_AT_A_TIME)):
        yield batch


@contextmanager
def _fitting(part: Member) -> Iterator[None]:
    """Say which part the database refuses, and why."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        reason = shown(str(error.orig).strip().partition("\n")[0]).rstrip(".")
        raise RefusedError(f"the database refuses rows of {part.name}: {reason}.") from error


def _refuse_dangling(connection: Connection) -> None:
    """Look for references to nothing on SQLite, which does not check them while tables are being migrated."""
    if connection.dialect.name != "sqlite":
        return
    found = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if found:
        raise RefusedError(f"{len(found):,} rows refer to rows that are not there, first one of {found[0][0]}.")
