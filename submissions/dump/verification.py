"""Read a whole dump once and hold it against its own header and digests, before anything of it is stored."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from submissions.dump import layout
from submissions.dump.heading import columns_of, document_of, header_of
from submissions.dump.layout import Header, artifact_of, place_of, table_of
from submissions.dump.members import Member, RefusedError, members, opened
from submissions.dump.rows import Column, read_row
from submissions.settings import get_settings

MOST_UNPACKED = 200
"""How many times larger than the archive its rows may be: rows have ids, and compress to a twentieth at best."""
MOST_FILES = 5_000_000
ARTIFACT = "artifact"


@dataclass(slots=True)
class Verified:
    """A dump that is whole and well formed, once all of it was read."""

    path: Path
    header: Header
    columns: Mapping[str, Mapping[str, Column]]
    """By table."""
    parts: dict[str, str] = field(default_factory=dict)
    """The digest of every part with rows, by name."""
    missing: frozenset[str] = frozenset()
    """Files that were left out when it was written."""
    n_rows: dict[str, int] = field(default_factory=dict)
    """By table, so far."""
    n_bytes: int = 0
    """Of rows, so far."""
    awaited: dict[str, int] = field(default_factory=dict)
    """Files that rows name and that did not come yet, with their sizes."""


def verify(path: Path) -> Verified:
    """Read a dump from beginning to end.

    Raises:
        DumpError: It is damaged, incomplete, or not as `rematch dump` writes it.
    """
    with opened(path) as stream:
        in_order = members(stream)
        first = next(in_order, None)
        header = header_of(first)
        found = Verified(path, header, columns_of(header))
        _take_all(in_order, found, hashlib.sha256(_sum_line(first)) if first else hashlib.sha256())
        _refuse_incomplete(found)
    return found


def read_part(part: Member, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    """Read the rows of a part.

    Raises:
        RefusedError: A line is no row of its table.
    """
    for number, line in enumerate(_lines(part), start=1):
        try:
            yield read_row(line, columns)
        except ValueError as error:
            raise RefusedError(f"line {number} of {part.name} is no row of its table: {error}.") from None


def _take_all(in_order: Iterator[Member], found: Verified, sums: Any) -> None:
    tables, previous = list(found.header.tables), place_of(layout.HEADER, [])
    for member in in_order:
        place = place_of(member.name, tables)
        if place is None or previous is None or place <= previous:
            raise RefusedError(f"{member.name!r:.100} is not expected there.")
        previous = place
        if member.name == layout.SUMS:
            _refuse_other_sums(member, sums)
            if next(in_order, None) is not None:
                raise RefusedError(f"something follows {layout.SUMS}.")
            return
        _take(member, found)
        sums.update(_sum_line(member))
    raise RefusedError(f"{layout.SUMS} is missing at its end.")


def _refuse_other_sums(member: Member, sums: Any) -> None:
    if member.rest() != sums.hexdigest():
        raise RefusedError(f"{layout.SUMS} does not list the digests of what it holds: it is damaged or was changed.")


def _take(member: Member, found: Verified) -> None:
    table, sha256 = table_of(member.name), artifact_of(member.name)
    if table is not None:
        _take_rows(member, table, found)
    elif sha256 is not None:
        _take_file(member, sha256, found)
    elif member.name == layout.MISSING:
        listed = document_of(member, most_bytes=layout.LONGEST_DOCUMENT)
        found.missing = frozenset(listed) if isinstance(listed, list) and _are_texts(listed) else frozenset()


def _take_rows(part: Member, table: str, found: Verified) -> None:
    found.n_bytes += part.size
    if found.n_bytes > MOST_UNPACKED * found.path.stat().st_size:
        raise RefusedError(f"its rows are more than {MOST_UNPACKED} times as large as the archive.")
    n_rows = 0
    for row in read_part(part, found.columns[table]):
        n_rows += 1
        if table == ARTIFACT:
            _await(row["sha256"], row["size"], found)
    found.n_rows[table] = found.n_rows.get(table, 0) + n_rows
    found.parts[part.name] = part.rest()
    if len(found.awaited) > MOST_FILES:
        raise RefusedError(f"it names more than {MOST_FILES:,} files.")


def _await(sha256: str, size: int, found: Verified) -> None:
    # It becomes the name of a file.
    if artifact_of(layout.artifact_name(sha256)) is None:
        raise RefusedError(f"a row of the table {ARTIFACT} has {sha256!r:.80}, which is no SHA-256.")
    found.awaited[sha256] = size


def _take_file(member: Member, sha256: str, found: Verified) -> None:
    most = get_settings().max_file_mb * 2**20
    if member.size > most:
        raise RefusedError(
            f"{member.name} has {member.size:,} bytes, more than a file may have here ({most:,}). If that is right,"
            " raise REMATCH_MAX_FILE_MB."
        )
    if found.header.artifacts is None or found.awaited.pop(sha256, None) != member.size:
        raise RefusedError(f"no row names {member.name} with {member.size:,} bytes.")
    if member.rest() != sha256:
        raise RefusedError(f"{member.name} has another digest: it is damaged or was changed.")


def _refuse_incomplete(found: Verified) -> None:
    for name, table in found.header.tables.items():
        n_rows = found.n_rows.get(name, 0)
        if n_rows != table.rows:
            raise RefusedError(f"the table {name} has {n_rows:,} rows; its header says {table.rows:,}.")
    absent = found.awaited.keys() - found.missing if found.header.artifacts else frozenset[str]()
    if absent:
        raise RefusedError(f"{len(absent):,} files that its rows name are not in it, first {min(absent)}.")


def _lines(part: Member) -> Iterator[bytes]:
    while line := part.content.readline(layout.LONGEST_ROW + 1):
        if len(line) > layout.LONGEST_ROW or not line.endswith(b"\n"):
            raise RefusedError(f"{part.name} has a line that is too long or does not end.")
        yield line


def _sum_line(member: Member) -> bytes:
    return f"{member.rest()}  {member.name}\n".encode("ascii")


def _are_texts(listed: list[Any]) -> bool:
    return all(isinstance(one, str) for one in listed)
