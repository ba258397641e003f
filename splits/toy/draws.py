"""A stream of integers from SHA-256: the toy data is the same under every version of every library."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Draws: TypeAlias = Iterator[int]


def draws(key: str) -> Draws:
    """Yield an endless stream of 32-bit integers that depends on the key alone."""
    for block in itertools.count():
        digest = hashlib.sha256(f"{key}/{block}".encode()).digest()
        for start in range(0, len(digest), 4):
            yield int.from_bytes(digest[start : start + 4], "big")


def between(stream: Draws, low: int, high: int) -> int:
    """Draw an integer from low to high, both included."""
    return low + next(stream) % (high - low + 1)


def chance(stream: Draws, percent: int) -> bool:
    """Say yes in so many of a hundred draws."""
    return next(stream) % 100 < percent


def pick(stream: Draws, options: Sequence[T]) -> T:
    """Draw one of some options."""
    return options[next(stream) % len(options)]


def shuffled(stream: Draws, options: Sequence[T]) -> list[T]:
    """Return the options in a random order."""
    rest = list(options)
    return [rest.pop(next(stream) % len(rest)) for _ in range(len(rest))]
