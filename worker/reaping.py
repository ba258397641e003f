"""The reaper as a process of its own, for an installation whose workers come and go."""

import logging
import signal
import sys
import threading

from worker.alive import promise
from worker.reaper import reap_until

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 180.0
"""How long one round may take, with a database and a broker that answer late or not at all."""
_LOOK_SECONDS = 0.5


def reap_every(seconds: float) -> None:
    """Reap now and every so many seconds, until SIGTERM or SIGINT; a round that was begun is ended first."""
    stop, told_by = threading.Event(), list[signal.Signals]()
    for number in (signal.SIGTERM, signal.SIGINT):
        # No more than a note: an event that is waited for must not be set in the midst of anything.
        signal.signal(number, lambda number, _frame: told_by.append(signal.Signals(number)))
    logger.info("The reaper looks for lost evaluations every %g s.", seconds)
    thread = threading.Thread(target=_reap, args=(stop, seconds), name="reaper", daemon=True)
    thread.start()
    while not told_by:
        thread.join(_LOOK_SECONDS)
        if not thread.is_alive():
            sys.exit(1)
    logger.info("Stopping, as %s says.", told_by[0].name)
    stop.set()
    thread.join()


def _reap(stop: threading.Event, seconds: float) -> None:
    reap_until(stop, also=lambda: promise("reaper", seconds=PATIENCE_SECONDS), every_seconds=seconds)
