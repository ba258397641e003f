"""What a dump says of itself, read and held against the tables of its revision."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from submissions.database import head
from submissions.dump import layout
from submissions.dump.layout import Header
from submissions.dump.members import Member, RefusedError, members, opened
from submissions.dump.revisions import knows, tables_at
from submissions.dump.rows import Column


def read_header(path: Path) -> Header:
    """Read what a dump says of itself.

    Raises:
        DumpError: It is no dump that this version can read.
    """
    with opened(path) as stream:
        return header_of(next(members(stream), None))


def header_of(first: Member | None) -> Header:
    """Read the header from the first member of an archive.

    Raises:
        RefusedError: It is none, or one that this version cannot read.
    """
    if first is None or first.name != layout.HEADER:
        raise RefusedError("it is no archive that `rematch dump` wrote.")
    content = document_of(first, most_bytes=layout.LONGEST_HEADER)
    version = content.get("format_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > layout.FORMAT_VERSION:
        raise RefusedError(
            f"its format has the version {version}; this version of Rematch reads up to {layout.FORMAT_VERSION}."
        )
    header = _validated(content)
    if not knows(header.revision):
        raise RefusedError(
            f"its database was at revision {header.revision}, which this version of Rematch does not know: its newest"
            f" is {head()}. Restore it with the version that wrote it, or with a newer one."
        )
    return header


def columns_of(header: Header) -> Mapping[str, Mapping[str, Column]]:
    """Return the columns of the tables in a dump, once they are found to be those of its revision.

    Raises:
        RefusedError: They are not.
    """
    expected = tables_at(header.revision)
    stated = {(name, one, kind) for name, table in header.tables.items() for one, kind in table.columns.items()}
    known = {(name, one, column.kind.name) for name, table in expected.items() for one, column in table.items()}
    strange = sorted(stated ^ known)
    if strange or header.tables.keys() != expected.keys():
        first = ".".join(strange[0][:2]) if strange else min(header.tables.keys() ^ expected.keys())
        raise RefusedError(
            f"its tables are not those of revision {header.revision}; the first that differs is {first!r:.100}."
        )
    return expected


def document_of(member: Member, *, most_bytes: int) -> Any:
    """Read a member that is one JSON document.

    Raises:
        RefusedError: It is none, or too long.
    """
    if member.size > most_bytes:
        raise RefusedError(f"{member.name} has {member.size:,} bytes; expected {most_bytes:,} at most.")
    try:
        return json.loads(member.content.read())
    except (ValueError, RecursionError):
        raise RefusedError(f"{member.name} is no JSON document.") from None


def _validated(content: Any) -> Header:
    try:
        # From text, in which a time may be a string though the model is strict.
        return Header.model_validate_json(json.dumps(content))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise RefusedError(f"its header is not as expected, at {where!r:.100}: {problem['msg']:.200}.") from None
