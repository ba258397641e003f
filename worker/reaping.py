"""The reaper as a process of its own, for an installation whose workers come and go."""

import logging
import signal
import time
from types import FrameType

from worker.alive import promise
from worker.reaper import reap_if_possible

logger = logging.getLogger(__name__)

ROUND_SECONDS = 180.0
"""How long one round may take, with a database and a broker that answer late or not at all."""
_LOOK_SECONDS = 0.5


def reap_every(seconds: float) -> None:
    """Reap now and again after so many seconds, until SIGTERM or SIGINT; a round that was begun is ended first."""
    told_to_stop = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal told_to_stop
        told_to_stop = True
        logger.info("Stopping, as %s says.", signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    logger.info("The reaper looks for lost evaluations every %g s.", seconds)
    while not told_to_stop:
        promise("reaper", seconds=ROUND_SECONDS)
        reap_if_possible()
        promise("reaper", seconds=seconds + ROUND_SECONDS)
        due = time.monotonic() + seconds
        while not told_to_stop and time.monotonic() < due:
            time.sleep(_LOOK_SECONDS)
