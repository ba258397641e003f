"""Signs of life of a process that stays, as files that a health check can look at without asking anybody.

A file's time of change lies ahead: it is when the process will have given the next sign at the latest. Whoever looks
needs to know nothing of intervals, and a process that hangs or was stopped cannot keep its promise.
"""

import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from worker.settings import get_settings

logger = logging.getLogger(__name__)


def promise(name: str, *, seconds: float) -> None:
    """Say that this process is alive and will say so again within so many seconds; nothing without a folder for it."""
    path = _path(name)
    if path is None:
        return
    until = time.time() + seconds
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, (until, until))
    except OSError:
        logger.warning("No sign of life could be given in %s.", path.parent, exc_info=True)


def withdraw(name: str) -> None:
    """Promise nothing any more: what was promised is done."""
    path = _path(name)
    if path is not None:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _path(name: str) -> Path | None:
    folder = get_settings().alive_folder
    return None if folder is None else folder / f"{name}-{os.getpid()}"
