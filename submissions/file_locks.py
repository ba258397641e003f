"""Locks on files that end with the process that holds them, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def open_shared(path: Path) -> IO[bytes] | None:
    """Open a file that nobody removes as long as it stays open; None if it is not there.

    Raises:
        OSError: It cannot be opened.
    """
    while True:
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            return None
        fcntl.flock(stream, fcntl.LOCK_SH)
        # It may have been removed, and even made anew, before the lock was had.
        if is_at(stream, path):
            return stream
        stream.close()


def open_anew(path: Path) -> IO[bytes]:
    """Make an empty file, in the place of any other, that nobody else removes as long as it stays open.

    Raises:
        OSError: It cannot be made.
    """
    stream = path.open("w+b")
    fcntl.flock(stream, fcntl.LOCK_EX)
    return stream


def remove_unused(path: Path) -> bool:
    """Remove a file unless somebody holds it; return whether it is gone.

    Raises:
        OSError: It cannot be removed.
    """
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another one of that name may be there by now, which was not asked about.
            if not is_at(stream, path):
                return False
            path.unlink()
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock that only one can have, waiting for it; its file is there while somebody holds it.

    Raises:
        OSError: The file cannot be made.
    """
    while True:
        with path.open("ab") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            # Whoever held it before took its file away.
            if is_at(stream, path):
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return


def is_at(stream: IO[bytes], path: Path) -> bool:
    """Whether an open file is still the one that has the name."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False
