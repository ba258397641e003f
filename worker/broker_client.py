"""A few questions to the broker as what it is, a Redis server, and never a word of its password."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from splits.errors import RematchError
from splits.shown import shown
from worker.settings import get_settings

ANSWER_SECONDS = 5.0
T = TypeVar("T")


class BrokerAwayError(RematchError):
    """The broker does not answer."""


def asked(question: Callable[[Any], T]) -> T:
    """Ask the configured broker, on a connection for this alone.

    Raises:
        BrokerAwayError: It cannot be reached, or refuses.
    """
    import redis

    url = str(get_settings().broker_url).replace("redis+socket://", "unix://", 1)
    try:
        with redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS) as client:
            return question(client)
    except (redis.RedisError, OSError, ValueError) as error:
        reason = shown((str(error).strip().splitlines() or [type(error).__name__])[0])
        raise BrokerAwayError(f"{shown_broker()} does not answer: {_without_password(reason, url)}") from error


def shown_broker() -> str:
    """Return the address of the broker without its user and password."""
    parts = urlsplit(str(get_settings().broker_url))
    if not parts.hostname:
        return f"unix://{parts.path}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or 6379}{parts.path}"


def _without_password(reason: str, url: str) -> str:
    password = urlsplit(url).password
    return reason.replace(password, "***") if password else reason
