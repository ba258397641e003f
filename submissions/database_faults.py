"""What a database says when something is wrong with it, in words: what happened, where, and what to do."""

import re

from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError as DatabaseFault
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from submissions.errors import DatabaseError

_SECRETS = frozenset({"password", "sslpassword"})
_OURS = re.compile(r"syntax error|no such function|too many (SQL variables|terms)|ambiguous column", re.IGNORECASE)
"""Operational faults of SQLite that come of a wrong statement."""
_KNOWN: dict[str, str] = {
    r"(database|table).* is locked|LockNotAvailable|lock timeout": (
        "is in use: another process has held its lock for more than {busy:g} seconds. Nothing was written. Try again;"
        " if it stays so, look for a process that hangs while it writes."
    ),
    r"is full|No space left|DiskFull|could not extend file": (
        "cannot be written, as its disk is full. Nothing was written. Free some space, then try again."
    ),
    r"readonly database|read-only": (
        "cannot be written, as it is read-only. Check the permissions of the file and of its folder."
    ),
    r"unable to open database file": (
        "cannot be opened: its folder is not there and cannot be made, or may not be written. Make that folder"
        " writable, or name another place: REMATCH_HOME for everything, or REMATCH_DATABASE_URL."
    ),
    r"not a database|malformed|file is encrypted": (
        "is no SQLite database, or is damaged: {reason}. Check REMATCH_DATABASE_URL; put your last copy in the place of"
        " a damaged one."
    ),
    r"no such (table|column)|has no column|(relation|column) .* does not exist|Undefined(Table|Column)": (
        "has not all the tables of its version: {reason}. Something other than Rematch changed it, or it was restored"
        " in part. Restore a complete copy of it."
    ),
    r"InsufficientPrivilege|permission denied for": (
        "does not allow this to its user: {reason}. Name the user that owns the tables in REMATCH_DATABASE_URL, or give"
        " this one the right to do it."
    ),
    r"disk I/O error": "cannot be read or written: {reason}. Check the disk that holds it.",
}
"""What is looked for in the words and the name of a fault, and what is said of it."""


def explain_fault(error: DBAPIError, url: URL, *, busy_seconds: float) -> DatabaseError | None:
    """Say what is wrong with a database, or return None when it is what was asked of it that is wrong.

    Args:
        error: What was raised.
        url: The database.
        busy_seconds: How long a lock is waited for.
    """
    if isinstance(error, IntegrityError):
        return None
    reason = _reason(error, url)
    for pattern, words in _KNOWN.items():
        if re.search(pattern, f"{type(error.orig).__name__}: {reason}", re.IGNORECASE):
            return DatabaseError(f"The database {shown_url(url)} {words.format(busy=busy_seconds, reason=reason)}")
    if not _is_of_the_database(error, reason):
        return None
    return DatabaseError(
        f"The database {shown_url(url)} cannot be reached: {reason}. Check REMATCH_DATABASE_URL, and that it runs."
    )


def shown_url(url: URL) -> str:
    """Return a database's URL without its passwords, of which there may be one in the query too."""
    hidden = url.set(query={key: "***" if key.lower() in _SECRETS else value for key, value in url.query.items()})
    return hidden.render_as_string(hide_password=True)


def _is_of_the_database(error: DBAPIError, reason: str) -> bool:
    if error.connection_invalidated or error.statement is None:
        return True
    if isinstance(error, ProgrammingError):
        return False
    return (isinstance(error, OperationalError) or type(error) is DatabaseFault) and not _OURS.search(reason)


def _reason(error: DBAPIError, url: URL) -> str:
    lines = str(error.orig).strip().splitlines()
    reason = lines[0].rstrip(".") if lines else type(error.orig).__name__
    passwords = [url.password, *(value for key, value in url.query.items() if key.lower() in _SECRETS)]
    for password in passwords:
        if isinstance(password, str) and password:
            reason = reason.replace(password, "***")
    return reason
