"""Whether the address of a broker can be one, before anything is handed in that would be sent there."""

import re
from urllib.parse import urlsplit

from submissions.errors import SettingsError

HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})|[0-9A-Fa-f:.]+(%\w+)?")
"""A name of a machine, or an address; what else could be one is left to the network."""


def checked_broker_url(url: str) -> str:
    """Return the address as the queue spells it.

    Raises:
        SettingsError: It cannot be one.
    """
    problem = _problem(url)
    if problem:
        # The address itself is not shown: it may hold a password.
        raise SettingsError(
            f"REMATCH_BROKER_URL {problem}; expected redis://HOST:PORT/DB, rediss://HOST:PORT/DB or unix:///PATH of a"
            " Redis server. Change it in the environment or in .env; without it a local worker does the scoring."
        )
    return url.replace("unix://", "redis+socket://", 1) if url.startswith("unix://") else url


def _problem(url: str) -> str | None:
    """Say what is wrong with an address, as the rest of a sentence; None if nothing is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"is no address ({str(error)[:1].lower()}{str(error)[1:]})"
    if parts.scheme in ("unix", "redis+socket"):
        return None if parts.path.strip("/") and not host else "names no socket"
    if parts.scheme not in ("redis", "rediss"):
        return f"is of the kind {parts.scheme!r:.40}" if parts.scheme else "is no address"
    if not host or not HOST.fullmatch(host):
        return "names no host"
    if port == 0:
        return "has the port 0"
    database = parts.path.strip("/")
    return None if re.fullmatch(r"\d{0,5}", database) else f"has the database {database!r:.40}, which is no number"
