"""The engine, sessions that commit once, and migrations; imports the tables, so that their metadata is complete."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, NullPool, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Session, SQLModel

import submissions.account_tables  # fills the metadata
import submissions.audit_tables  # same
import submissions.tables  # noqa: F401  # same
from submissions.database_faults import explain_fault, shown_url
from submissions.errors import DatabaseError
from submissions.settings import get_settings

if TYPE_CHECKING:
    from alembic.config import Config

METADATA = SQLModel.metadata
MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 30
"""How long a writer waits for another on SQLite, which has one at a time."""
ADVISORY_LOCK = 7_364_921
"""An arbitrary number: two migrations of one PostgreSQL database wait for each other."""


def get_engine() -> Engine:
    """Return the engine of the configured database."""
    return _engine(get_settings().database)


@contextmanager
def session() -> Iterator[Session]:
    """Open a session that commits once when the block ends, and rolls back when it raises.

    Raises:
        DatabaseError: The database cannot be reached, is in use for too long, is full, or has not all its tables.
    """
    with explained(), Session(get_engine(), expire_on_commit=False) as opened:
        yield opened
        opened.commit()


def prepare() -> None:
    """Make the database ready for use: migrate an embedded one, refuse another that is not of this version.

    Raises:
        DatabaseError: It cannot be reached, or must be migrated first.
    """
    if is_current():
        return
    if get_engine().dialect.name == "sqlite":
        # Alembic keeps its context for the whole process: one thread at a time.
        with _migrating:
            if not is_current():
                migrate()
        return
    raise DatabaseError(
        f"The database {safe_url()} is not of this version: its tables are missing, older or newer. To bring it up to"
        " date: rematch migrate"
    )


def is_current() -> bool:
    """Whether the tables are of this version.

    Raises:
        DatabaseError: The database cannot be reached.
    """
    from alembic.runtime.migration import MigrationContext

    with explained(), get_engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head()


def refuse_while_migrated() -> None:
    """Refuse to read what is being migrated: whoever asks would wait for its tables.

    SQLite needs no such thing, as readers see what was before.

    Raises:
        DatabaseError: A migration is under way, or the database cannot be reached.
    """
    if get_engine().dialect.name != "postgresql":
        return
    with explained(), get_engine().connect() as connection:
        # Shared with all who read; only a migration holds it alone.
        is_free = connection.execute(select(func.pg_try_advisory_xact_lock_shared(ADVISORY_LOCK))).scalar_one()
    if not is_free:
        raise DatabaseError(f"The database {safe_url()} is being migrated. Try again in a minute.")


def migrate() -> None:
    """Bring the tables up to this version; safe to run twice, and by two processes at once.

    Raises:
        DatabaseError: The database cannot be reached, or was written by a newer version.
    """
    from alembic import command
    from alembic.util import CommandError

    with explained():
        try:
            command.upgrade(alembic_config(), "head")
        except CommandError as error:
            raise DatabaseError(
                f"The database {safe_url()} cannot be migrated: {error} Is it of a newer version of Rematch?"
            ) from error


def alembic_config() -> "Config":
    """Return Alembic's configuration, which needs no file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def migration_connection() -> Iterator[Any]:
    """Open a connection in a transaction that no other migration is in."""
    engine = get_engine()
    if engine.dialect.name == "sqlite":
        # Python's sqlite3 opens no transaction before DDL by itself: without this, half a migration could stay.
        engine = create_engine(engine.url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        yield connection


def safe_url() -> str:
    """Return the database's URL without its passwords."""
    return shown_url(get_engine().url)


def forget_connections(*, close: bool = True) -> None:
    """Let go of pooled connections: at the end, or unclosed in a process that inherited them by a fork."""
    for engine in _engines.values():
        engine.dispose(close=close)
    _engines.clear()


_engines: dict[str, Engine] = {}
_migrating = threading.Lock()


def _engine(url: str) -> Engine:
    if url not in _engines:
        _engines[url] = _new_engine(url)
    return _engines[url]


def _new_engine(url: str) -> Engine:
    # Nothing of the URL but its beginning is ever shown, and no other error is chained: it may hold a password.
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite_engine(url)
        if parsed.get_backend_name() == "postgresql":
            return create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ValueError:
        raise DatabaseError(
            "REMATCH_DATABASE_URL cannot be read: what follows the colon after its host is no port. Expected"
            " postgresql://USER:PASSWORD@HOST:PORT/NAME, with an IPv6 address in brackets, as in [::1], and in a"
            " password %40 for @, %2F for / and %3A for a colon."
        ) from None
    except ImportError:
        raise DatabaseError(
            f"REMATCH_DATABASE_URL starts with {url.partition(':')[0]!r}, which needs a package that is not installed;"
            " expected sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME."
        ) from None
    except ArgumentError:
        pass
    raise DatabaseError(
        f"REMATCH_DATABASE_URL starts with {url.partition(':')[0]!r:.40}; expected sqlite:///PATH or"
        " postgresql://USER:PASSWORD@HOST/NAME."
    )


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if not path or path == ":memory:":
        raise DatabaseError("REMATCH_DATABASE_URL names no file; expected sqlite:///PATH, as several processes use it.")
    with suppress(OSError):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # No pool: opening a file is cheap, and no connection outlives its session or a fork.
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@cache
def head() -> str | None:
    """Return the last migration of this version."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(alembic_config()).get_current_head()


@contextmanager
def explained() -> Iterator[None]:
    """Turn what is wrong with the database, and not with what was asked of it, into words."""
    try:
        yield
    except DBAPIError as error:
        fault = explain_fault(error, get_engine().url, busy_seconds=BUSY_SECONDS)
        if fault is None:
            raise
        raise fault from error
