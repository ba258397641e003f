"""How many requests a token or an address may send in a minute: one count for all API processes on one Redis."""

import logging
import time
from functools import cache
from ipaddress import IPv4Address, ip_address, ip_network

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from submissions.api_errors import TooManyRequestsError

logger = logging.getLogger(__name__)


class Rates:
    """Counts requests; in this process alone while the Redis is away, so that a limit holds all the same."""

    def __init__(self, redis_url: str | None) -> None:
        """Count in a Redis, or without a URL in the memory of this process."""
        self._here = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = None if redis_url is None else SlidingWindowCounterRateLimiter(_redis(redis_url))
        self._away_until = 0.0

    def count(self, who: str, most: int) -> None:
        """Count a request.

        Args:
            who: The token or address.
            most: How many a minute are allowed.

        Raises:
            TooManyRequestsError: That was one too many; nothing else was done.
        """
        item = RateLimitItemPerMinute(most)
        if not self._hit(item, who):
            raise TooManyRequestsError(
                f"More than {most} requests in a minute. Wait a little, then go on; nothing is lost.", retry_seconds=5
            )

    def _hit(self, item: RateLimitItemPerMinute, who: str) -> bool:
        from redis.exceptions import RedisError

        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return self._shared.hit(item, who)
            except (RedisError, OSError):
                # Asked again in a while: every request would wait for its answer else.
                self._away_until = time.monotonic() + 10
                logger.warning("Requests are counted by this process alone, as Redis is away.", exc_info=True)
        return self._here.hit(item, who)


def network_of(address: str) -> str:
    """Return what one visitor can be told apart by: an IPv4 address, or the 64 bits of IPv6 that a household gets.

    >>> network_of("203.0.113.7"), network_of("2001:db8:1:2:3:4:5:6"), network_of("::ffff:203.0.113.7")
    ('203.0.113.7', '2001:db8:1:2::/64', '203.0.113.7')
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((parsed, 64), strict=False))


@cache
def _redis(url: str) -> RedisStorage:
    return RedisStorage(url, socket_timeout=2, socket_connect_timeout=2)
