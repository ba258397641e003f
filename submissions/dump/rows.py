"""Rows as lines of JSON, and back: a line that is no row of its table is an error in words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import null

from submissions.dump.kinds import Kind


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of a column, so that a row can be read without a database."""

    kind: Kind
    is_required: bool = False
    words: frozenset[str] | None = None
    """The values of an enumeration; None for any."""


def write_row(values: Mapping[str, Any], kinds: Mapping[str, Kind]) -> bytes:
    """Return one line; a column without a value is left out.

    Args:
        values: By column, as the database returns them; those of JSON columns as text.
        kinds: By column.
    """
    found = {
        name: json.loads(value) if kinds[name].name == "json" else kinds[name].write(value)
        for name, value in values.items()
        if value is not None
    }
    # Escapes keep what is no valid Unicode, which JSON columns of SQLite can hold.
    return json.dumps(found, separators=(",", ":")).encode("ascii") + b"\n"


def read_row(line: bytes, columns: Mapping[str, Column]) -> dict[str, Any]:
    """Return the values of a line for all columns, as a database takes them.

    Raises:
        ValueError: The line is no row of that table.
    """
    try:
        found = json.loads(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("it is no object")  # noqa: TRY004  # an error of the file, not of a caller
    unknown = found.keys() - columns.keys()
    if unknown:
        raise ValueError(f"there is no column {min(unknown)!r:.80}")
    return {name: _value(name, column, found) for name, column in columns.items()}


def _value(name: str, column: Column, found: Mapping[str, Any]) -> Any:
    if name not in found:
        if column.is_required:
            raise ValueError(f"the column {name!r} has no value")
        # In a JSON column None is the value `null`, which is something else.
        return null() if column.kind.name == "json" else None
    try:
        value = column.kind.read(found[name])
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"the column {name!r} has no value of the kind {column.kind.name!r} ({str(error)[:100]})"
        ) from None
    if column.words is not None and value not in column.words:
        raise ValueError(f"the column {name!r} has {value!r:.40}; expected {', '.join(sorted(column.words))}")
    return value
