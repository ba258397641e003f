"""Write a dump: rows as of one moment, then the files that they refer to."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import Connection, Select
from sqlalchemy import Table as SqlTable

from submissions.artifacts import artifact_store
from submissions.database import prepare
from submissions.dump import layout
from submissions.dump.archive import Archive, DigestingStream, packed
from submissions.dump.layout import Artifacts, Header, Table
from submissions.dump.public import public_rows
from submissions.dump.revisions import current_revision
from submissions.dump.snapshot import all_rows, count_rows, kinds_of, lines, snapshot, tables
from submissions.errors import ArtifactError, DumpError
from submissions.held_files import files_held
from submissions.tables import now

COMPRESSED = (".gz", ".tgz")
ARTIFACT = "artifact"


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a board a dump is to hold."""

    artifacts: bool = True
    """Whether the files are in it, or only the rows that name them."""
    is_public: bool = False
    """Whether only what everybody may see is in it."""
    leave_out_missing: bool = False
    """Whether files that cannot be read are left out and listed, instead of being an error."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a dump holds."""

    header: Header
    missing: tuple[str, ...]
    """Files that could not be read and were left out."""
    size: int
    sha256: str
    """Of the whole archive."""


def dump(target: Path, choice: Choice | None = None, *, force: bool = False) -> Written:
    """Write everything into one file, which appears under its name when it is complete.

    Args:
        target: The file; compressed where its name ends in .gz or .tgz.
        choice: What it is to hold; everything if omitted.
        force: Whether to replace a file of that name.

    Raises:
        DumpError: The file is there already or cannot be written, or a row is too long.
        ArtifactError: A stored file is missing or damaged.
        DatabaseError: The database cannot be read.
    """
    _refuse_existing(target, force=force)
    with _replacing(target) as stream:
        written = dump_into(stream, choice, is_compressed=target.name.endswith(COMPRESSED))
        _refuse_existing(target, force=force)
    return written


def dump_into(stream: IO[bytes], choice: Choice | None = None, *, is_compressed: bool = False) -> Written:
    """Write everything into a stream, which may be a pipe; see `dump`."""
    choice = choice or Choice()
    prepare()
    digesting = DigestingStream(stream)
    with packed(cast("IO[bytes]", digesting), is_compressed=is_compressed) as content:
        archive = Archive(content)
        with snapshot() as connection:
            header, files = _add_rows(archive, connection, choice)
        missing = _add_artifacts(archive, files, leave_out_missing=choice.leave_out_missing)
        if missing:
            archive.add(layout.MISSING, _document(missing))
        archive.finish()
    return Written(header, tuple(missing), digesting.size, digesting.sha256())


def _add_rows(archive: Archive, connection: Connection, choice: Choice) -> tuple[Header, Mapping[str, int]]:
    queries = public_rows(connection) if choice.is_public else {table: all_rows(table) for table in tables()}
    files = _files(connection, queries) if choice.artifacts else {}
    header = _header(connection, queries, choice, files)
    archive.add(layout.HEADER, _document(header.model_dump(mode="json")))
    archive.add(layout.README, layout.READ_ME.encode("ascii"))
    for table, query in queries.items():
        archive.add_rows(table.name, lines(connection, table, query))
    return header, files


def _header(
    connection: Connection, queries: Mapping[SqlTable, Select[Any]], choice: Choice, files: Mapping[str, int]
) -> Header:
    from evaluator import __version__

    return Header(
        written_at=now(),
        evaluator_version=__version__,
        revision=current_revision(connection),
        database="postgresql" if connection.dialect.name == "postgresql" else "sqlite",
        is_public=choice.is_public,
        artifacts=Artifacts(files=len(files), size=sum(files.values())) if choice.artifacts else None,
        tables={
            table.name: Table(
                rows=count_rows(connection, query),
                columns={name: kind.name for name, kind in kinds_of(table).items()},
            )
            for table, query in queries.items()
        },
    )


def _files(connection: Connection, queries: Mapping[SqlTable, Select[Any]]) -> dict[str, int]:
    query = next(query for table, query in queries.items() if table.name == ARTIFACT)
    return {row.sha256: row.size for row in connection.execute(query)}


def _add_artifacts(archive: Archive, files: Mapping[str, int], *, leave_out_missing: bool) -> list[str]:
    """Add files in the order of their digests, and return those that cannot be read."""
    store, missing = artifact_store(), []
    for sha256, size in sorted(files.items()):
        try:
            with files_held():
                archive.add_file(layout.artifact_name(sha256), store.open_path(sha256, size), sha256)
        except ArtifactError as error:
            if not leave_out_missing:
                raise ArtifactError(
                    f"{error} Nothing was dumped. To have a dump without such files: --leave-out-missing"
                ) from error
            missing.append(sha256)
    return missing


def _document(content: Any) -> bytes:
    return json.dumps(content, indent=1).encode("ascii") + b"\n"


def _refuse_existing(target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise DumpError(f"{target} is a folder. Name a file in it.")
    if target.exists() and not force:
        raise DumpError(f"{target} is there already. Choose another name, or replace it with --force.")


@contextmanager
def _replacing(target: Path) -> Iterator[IO[bytes]]:
    """Yield a stream whose content comes under the name of the target at once, when all of it is on the disk."""
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".partial")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except OSError as error:
        raise DumpError(
            f"{target} cannot be written: {os.strerror(error.errno or 0)}. Nothing was dumped. Check the free space and"
            " the permissions of its folder."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
