"""A database with rows in every table, made from the tables themselves, so that a new table is in it by itself."""

import hashlib
import json
import math
import random
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Table,
    Uuid,
    insert,
    select,
    update,
)
from sqlmodel import Session

from submissions import database
from submissions.artifacts import artifact_store

TEXTS = (
    "",
    "plain",
    "Ünïcödé 図 🙂",
    "two\nlines\tand a tab",
    'a "quoted" \\ one',
    "'; DROP TABLE result; --",
    " ",
    "\x7f\x1b",
)
FLOATS = (0.0, 0.1, 1 / 3, math.pi, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1e-9, 100.0)
DOCUMENTS = (
    {},
    {"a": None, "b": [1, 2.5, "x"]},
    {"z": 2**70, "y": {"é": "\u0000"}},
    {"n": 1e22, "m": -0.0, "": []},
    {"s": "\ud83d"},
)
TIMES = (
    datetime(1, 1, 2, tzinfo=UTC),
    datetime(2026, 2, 28, 23, 59, 59, 999999, UTC),
    datetime(9999, 12, 30, tzinfo=UTC),
)
N_ROWS = 12


def fill(session: Session, folder: Path, *, seed: int = 0) -> None:
    """Add rows to every table, with all that its types can hold, and files for the artifacts."""
    draw = random.Random(seed)  # noqa: S311  # the same rows each time
    keys: dict[Table, list[dict[str, Any]]] = {}
    for table in database.METADATA.sorted_tables:
        rows = [_row(table, keys, draw, number) for number in range(N_ROWS)]
        if table.name == "artifact":
            _keep(rows, folder, draw)
        if table.name == "upload":
            for row in rows[::2]:
                row["sha256"] = draw.choice(keys[database.METADATA.tables["artifact"]])["sha256"]
        rows = _unlike(table, rows)
        keys[table] = rows
        session.execute(insert(table), rows)
        for key in table.foreign_keys:
            if key.column.table is table:
                _refer_to_itself(session, table, key.parent, rows, draw)


def all_values(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that is stored, as Python values, in one order whatever the database."""
    return {
        table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
        for table in database.METADATA.sorted_tables
    }


def dumped(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Read the rows of a dump as somebody would who has nothing but Python."""
    found: dict[str, list[dict[str, Any]]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.startswith("rows/"):
                stream = archive.extractfile(member)
                assert stream is not None
                found.setdefault(member.name.split("/")[1], []).extend(map(json.loads, stream))
    return found


def _row(table: Table, keys: Mapping[Table, list[dict[str, Any]]], draw: random.Random, number: int) -> dict[str, Any]:
    return {column.name: _value(column, keys, draw, number) for column in table.columns}


def _value(column: Column, keys: Mapping[Table, list[dict[str, Any]]], draw: random.Random, number: int) -> Any:
    for key in column.foreign_keys:
        if key.column.table is column.table:
            return None
        referred: Any = draw.choice(keys[key.column.table])[key.column.name]
        return None if column.nullable and draw.random() < 0.3 else referred
    if column.nullable and draw.random() < 0.3:
        return None
    return _plain(column, draw, number)


def _plain(column: Column, draw: random.Random, number: int) -> Any:
    kind = getattr(column.type, "impl_instance", column.type)
    if isinstance(kind, Uuid):
        return UUID(int=draw.getrandbits(128))
    if isinstance(kind, DateTime):
        return draw.choice([*TIMES, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=draw.getrandbits(50))])
    if isinstance(kind, JSON):
        return draw.choice(DOCUMENTS)
    if isinstance(kind, LargeBinary):
        return bytes(range(256)) * number
    if isinstance(kind, Enum):
        return draw.choice(kind.enums)
    if isinstance(kind, Boolean):
        return draw.random() < 0.5
    if isinstance(kind, Float):
        return draw.choice([*FLOATS, draw.random()])
    if isinstance(kind, Integer):
        largest = 2 ** (63 if isinstance(kind, BigInteger) else 31) - 1
        return draw.choice([0, 1, -largest - 1, largest])
    limit = kind.length or 10_000
    return f"{number}{draw.choice(TEXTS)}"[:limit]


def _unlike(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out rows that would break a constraint of uniqueness."""
    unique = [
        [c.name for c in constraint.columns] for constraint in table.constraints if hasattr(constraint, "columns")
    ]
    wanted = [names for names in unique if names and _is_unique(table, names)]
    kept: list[dict[str, Any]] = []
    for row in rows:
        if not any(all(row[name] == other[name] for name in names) for names in wanted for other in kept):
            kept.append(row)
    return kept


def _is_unique(table: Table, names: list[str]) -> bool:
    from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

    return any(
        isinstance(one, PrimaryKeyConstraint | UniqueConstraint) and [c.name for c in one.columns] == names
        for one in table.constraints
    )


def _keep(rows: list[dict[str, Any]], folder: Path, draw: random.Random) -> None:
    folder.mkdir(exist_ok=True)
    for number, row in enumerate(rows):
        content = draw.randbytes(1000 * number)
        path = folder / f"{number}.bin"
        path.write_bytes(content)
        row |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        artifact_store().keep({row["sha256"]: path})
        artifact_store().settle([row["sha256"]])


def _refer_to_itself(
    session: Session, table: Table, column: Column, rows: list[dict[str, Any]], draw: random.Random
) -> None:
    """Let half of the rows refer to another of the same table, before or after it."""
    for row in rows[::2]:
        target = draw.choice(rows)
        session.execute(update(table).where(table.c.id == row["id"]).values({column.name: target["id"]}))
        row[column.name] = target["id"]
