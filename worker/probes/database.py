"""Whether the database is there, of this version, and can be read and written."""

import time
from pathlib import Path

from sqlalchemy import insert, make_url, select, text
from sqlmodel import col

from submissions.database import explained, get_engine, head, safe_url, session
from submissions.dump.revisions import revision_of
from submissions.settings import get_settings
from submissions.tables import Artifact, now
from worker.probe import Answer, Part, Probe, fail, ok, skip, warn

SLOW_SECONDS = 1.0
OLDEST_POSTGRESQL = 13
_NOBODYS = "f" * 64
"""A digest that no file has."""


def _reach() -> Answer:
    if _is_not_made():
        return ok(f"{safe_url()} is not there yet; it is made when it is first needed")
    with session() as opened:
        connection = opened.connection()
        started = time.monotonic()
        version = connection.execute(text(_version_query())).scalar_one()
        seconds = time.monotonic() - started
    found = f"{safe_url()}, {version}, answers in {1000 * seconds:.0f} ms"
    if seconds > SLOW_SECONDS:
        return warn(found, "Look at the load of its machine, its disk, and the network between.")
    return ok(found)


def _version_query() -> str:
    if get_engine().dialect.name == "sqlite":
        return "SELECT 'SQLite ' || sqlite_version()"
    return "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)"


def _migrations() -> Answer:
    if _is_not_made():
        return skip("there is no database yet")
    with explained(), get_engine().connect() as connection:
        found = revision_of(connection)
    if found == head():
        return ok(f"at revision {found}")
    if found is None:
        return fail("there are no tables", "Make them: rematch migrate. Or restore a dump: rematch restore FILE")
    return fail(
        f"at revision {found}; this version of Rematch needs {head()}",
        "If its revision is the lower one, bring it up to date: rematch migrate. Else use the newer version of Rematch"
        " that migrated it.",
    )


def _write() -> Answer:
    if _is_not_made():
        return skip("there is no database yet")
    with explained(), get_engine().connect() as connection:
        connection.execute(insert(Artifact).values(sha256=_NOBODYS, size=0, filename="doctor", created_at=now()))
        read = connection.execute(select(col(Artifact.size)).where(col(Artifact.sha256) == _NOBODYS)).scalar_one()
        connection.rollback()
    return ok("a row was written, read and taken back") if read == 0 else fail("another row was read", "Restore it.")


def _is_not_made() -> bool:
    """Whether an embedded database is still to be made: asking it would make it."""
    url = make_url(get_settings().database)
    return url.get_backend_name() == "sqlite" and bool(url.database) and not Path(str(url.database)).exists()


DATABASE = Probe(
    "database",
    Part.DATABASE,
    f"answers within {SLOW_SECONDS:g} s",
    _reach,
    remedy="Start it, or correct REMATCH_DATABASE_URL. Workers and API wait for it and go on by themselves.",
    needs=("settings",),
)
MIGRATIONS = Probe(
    "migrations", Part.DATABASE, "its tables are of this version of Rematch", _migrations, needs=("database",)
)
WRITING = Probe(
    "database-writing",
    Part.DATABASE,
    "rows can be written and read",
    _write,
    remedy="See that its disk is not full, that it is no standby, and that its user may write.",
    needs=("migrations",),
)
