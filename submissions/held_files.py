"""How long a stored file that lies here only for a while must stay: as long as the work that opened it goes on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import IO

_held: ContextVar[ExitStack | None] = ContextVar("held", default=None)


@contextmanager
def files_held() -> Iterator[None]:
    """Keep every stored file that is opened within from being removed until the end, by this or another process.

    What is opened outside may be removed as soon as the room is needed.
    """
    with ExitStack() as stack:
        token = _held.set(stack)
        try:
            yield
        finally:
            _held.reset(token)


def hold(stream: IO[bytes]) -> None:
    """Keep an open file, which carries a lock, open as long as the present work goes on; else close it."""
    stack = _held.get()
    if stack is None:
        stream.close()
    else:
        stack.enter_context(stream)
