"""The reaper as a process of its own, for an installation whose workers come and go."""

import logging
import os
import signal
import sys
import threading

from worker.alive import promise
from worker.reaper import reap_until

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 180.0
"""How long one round may take, with a database and a broker that answer late or not at all."""
_STOP = (signal.SIGTERM, signal.SIGINT)


def reap_every(seconds: float) -> None:
    """Reap now and every so many seconds, until SIGTERM or SIGINT; a round that was begun is ended first."""
    stop = threading.Event()
    # In a thread, as a signal that comes in the midst of waiting for an event must not set it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    thread = threading.Thread(target=_reap, args=(stop, seconds), name="reaper")
    logger.info("The reaper looks for lost evaluations every %g s.", seconds)
    thread.start()
    told_by = signal.sigwait(_STOP)
    if not thread.is_alive():
        sys.exit(1)
    logger.info("Stopping, as %s says.", signal.Signals(told_by).name)
    stop.set()
    thread.join()


def _reap(stop: threading.Event, seconds: float) -> None:
    try:
        reap_until(stop, also=lambda: promise("reaper", seconds=PATIENCE_SECONDS), every_seconds=seconds)
    finally:
        # An end that nobody asked for is that of the process too.
        os.kill(os.getpid(), signal.SIGTERM)
