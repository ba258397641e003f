"""Put a dump into an empty database: files first, then all rows in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlmodel import Session

from submissions.artifacts import artifact_store
from submissions.database import explained, migration_connection, safe_url
from submissions.dump.files import keep_files
from submissions.dump.heading import read_header
from submissions.dump.insertion import insert_rows
from submissions.dump.layout import Header
from submissions.dump.resuming import Resumed, resume
from submissions.dump.revisions import bring_to, bring_up, filled_tables, lock_tables
from submissions.dump.verification import verify
from submissions.errors import DumpError


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back."""

    header: Header
    n_stored: int
    """Files that were stored; the others were there."""
    missing: frozenset[str]
    """Files that the dump does not hold, as they could not be read when it was written."""
    resumed: Resumed
    """What goes on from where it stood."""


def restore(path: Path) -> Restored:
    """Put everything that a dump holds into the configured database, which must be empty, and into the store of files.

    All of it is read and checked first. An older dump is restored as it was and then migrated, in one transaction.

    Raises:
        DumpError: The dump is damaged or none of ours, or the database is not empty.
        ArtifactError: A file cannot be stored.
        DatabaseError: The database cannot be written.
    """
    read_header(path)
    with _empty_database():
        """Nothing is read for long if it is in vain."""
    verified = verify(path)
    kept = keep_files(verified)
    with _empty_database() as connection:
        bring_to(connection, verified.header.revision)
        insert_rows(connection, verified)
        bring_up(connection)
        with Session(connection) as session:
            resumed = resume(session)
            session.flush()
    artifact_store().settle(kept.every)
    return Restored(verified.header, len(kept.stored), verified.missing, resumed)


@contextmanager
def _empty_database() -> Iterator[Connection]:
    """Open a transaction on the configured database, in which nothing of it is used by another."""
    with explained(), migration_connection() as connection:
        lock_tables(connection)
        filled = filled_tables(connection)
        if filled:
            raise DumpError(
                f"The database {safe_url()} is not empty: there are rows in {', '.join(filled[:5])}"
                f"{' and more' if len(filled) > 5 else ''}. Nothing was restored. A dump goes into an empty database:"
                " name a new one in REMATCH_DATABASE_URL or, without that, move the file away."
            )
        yield connection
