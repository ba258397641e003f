"""How a visitor of this board may hand in: over an HTTP API, straight into the records, or not here at all."""

from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from leaderboard.troubles import LOOPBACK

_OF_A_PROXY = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Way(StrEnum):
    """How submissions come in."""

    API = "api"
    """Over an HTTP API, with a token that the visitor types."""
    HERE = "here"
    """Into the records of this machine, as its own user does with the command."""
    NONE = "none"
    """Not through the page."""


def way_in(
    *, api_url: str | None, is_embedded: bool, database: str, address: str | None, headers: Mapping[str, str]
) -> Way:
    """Choose the way.

    Straight into the records goes only who sits at this machine: both the address that the board listens on and the
    one that the visitor asked for are those of the machine itself, and nothing passed the request on.

    Args:
        api_url: The API that the operator named.
        is_embedded: Whether there is no broker.
        database: The URL of the records.
        address: What the board listens on.
        headers: Of the visitor's request.
    """
    if api_url:
        return Way.API
    told = {name.lower(): value for name, value in headers.items()}
    host = urlsplit(f"//{told.get('host', '')}").hostname
    is_own = address in LOOPBACK and host in LOOPBACK and not any(name in told for name in _OF_A_PROXY)
    return Way.HERE if is_own and is_embedded and database.startswith("sqlite") else Way.NONE
