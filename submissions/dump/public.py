"""What of a board may be published: what everybody sees on it, and nothing of what only owners and operators see."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column as SqlColumn
from sqlalchemy import Connection, ForeignKey, Select, Text, case, cast, false, not_, null, or_, select
from sqlalchemy import Table as SqlTable

from submissions.database import METADATA
from submissions.dump.snapshot import ROWS_AT_A_TIME, all_rows, tables

PUBLIC = frozenset(
    {
        "artifact",
        "submission",
        "submitted_run",
        "evaluation",
        "result",
        "query_ranks",
        "image_effects",
        "claim_source",
        "stored_claim",
        "audit",
    }
)
"""Of every other table no row is published, so that a new one is private until somebody decides otherwise."""
WITHHELD = frozenset({("evaluation", "log_tail"), ("evaluation", "worker")})
"""Columns that are published as NULL: they tell of machines."""
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def public_rows(connection: Connection) -> dict[SqlTable, Select[Any]]:
    """Return a query for the rows of every table that may be published."""
    found: dict[SqlTable, Select[Any]] = {}
    for table in tables():
        withheld = {column.name: _published(column) for column in table.columns}
        found[table] = all_rows(table, withheld).where(*_conditions(table))
    audits = METADATA.tables["audit"]
    found[audits] = found[audits].where(audits.c.id.not_in(list(_telling_audits(connection))))
    return found


def _conditions(table: SqlTable) -> list[Any]:
    """Return what a row must be like: its table public, itself not private, and everything it belongs to public."""
    if table.name not in PUBLIC:
        return [false()]
    own = {"submission": _not_private, "artifact": _handed_in_publicly}.get(table.name)
    belongs = [_refers_to_public(key) for key in table.foreign_keys if not key.parent.nullable]
    return [*belongs, own(table)] if own else belongs


def _published(column: SqlColumn[Any]) -> Any:
    """Return what is published of a column: NULL where it refers to what is not published."""
    if (column.table.name, column.name) in WITHHELD:
        return null()
    if not column.nullable:
        return column
    conditions = [_refers_to_public(key) for key in column.foreign_keys]
    return case((conditions[0], column), else_=null()) if conditions else column


def _refers_to_public(key: ForeignKey) -> Any:
    target = key.column.table
    # Uncorrelated, as a table may refer to itself.
    return key.parent.in_(select(key.column).where(*_conditions(target)).correlate(None))


def _not_private(table: SqlTable) -> Any:
    return table.c.is_private == false()


def _handed_in_publicly(table: SqlTable) -> Any:
    runs = METADATA.tables["submitted_run"]
    named = (runs.c.artifact_sha256, runs.c.split_file_sha256)
    return or_(*(table.c.sha256.in_(select(one).where(*_conditions(runs)).correlate(None)) for one in named))


def _telling_audits(connection: Connection) -> Iterator[Any]:
    """Find audits whose document names a private submission or an evaluation of one."""
    private = _private_ids(connection)
    if not private:
        return
    audits = METADATA.tables["audit"]
    documents = select(audits.c.id, cast(audits.c.document, Text).label("text"))
    for row in connection.execute(documents, execution_options={"yield_per": ROWS_AT_A_TIME}):
        if not private.isdisjoint(_UUID.findall(row.text)):
            yield row.id


def _private_ids(connection: Connection) -> set[str]:
    submissions, runs, evaluations = (METADATA.tables[name] for name in ("submission", "submitted_run", "evaluation"))
    private = select(submissions.c.id).where(not_(_not_private(submissions)))
    of_runs = select(runs.c.id).where(runs.c.submission_id.in_(private))
    of_evaluations = select(evaluations.c.id).where(evaluations.c.run_id.in_(of_runs))
    return {str(one) for query in (private, of_evaluations) for one in connection.execute(query).scalars()}
