"""A worker that takes no tasks although some wait: noticed, and started anew.

The library's loop can lose its way when a connection to the broker goes dead without a word: the process lives, answers
nothing, logs nothing and takes nothing, until somebody restarts it (celery#8030, celery#10205). So it does that itself.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from worker.broker import BrokerError, n_waiting

logger = logging.getLogger(__name__)

STALL_SECONDS = 60.0
"""How long nothing is taken although something waits; longer than the library's pauses between tries to connect."""
LOOK_SECONDS = 5.0


class Stall:
    """Whether this worker takes what there is, as seen from beside the loop that should."""

    def __init__(self, queues: Sequence[str]) -> None:
        """Keep which queues it takes tasks from."""
        self._queues = queues
        self._n_taken = 0
        self._since: float | None = None
        self._next_look = 0.0

    def look(self) -> None:
        """Look whether tasks wait that nobody takes, not more often than needed; start anew when that lasts."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        if not self._takes_nothing():
            self._since = None
        elif self._since is None:
            self._since = now
        elif now - self._since > STALL_SECONDS:
            start_anew(f"Tasks wait, and this worker has taken none for {STALL_SECONDS:g} s.")

    def _takes_nothing(self) -> bool:
        from celery.worker import state

        n_taken, self._n_taken = self._n_taken, state.all_total_count[0]
        if state.active_requests or n_taken != self._n_taken:
            return False
        # Reserved: taken from the broker, and never begun by a process of the pool.
        if state.reserved_requests:
            return True
        try:
            return n_waiting(self._queues) > 0
        except BrokerError:
            return False


def start_anew(why: str) -> NoReturn:
    """Become a new worker, in the same process, so that nobody has to be there who restarts it."""
    from billiard import active_children

    logger.critical("%s It starts anew.", why)
    for pid in [child.pid for child in active_children() if child.pid]:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    for handler in logging.getLogger().handlers:
        handler.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # the same command, without a shell
