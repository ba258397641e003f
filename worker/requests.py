"""What the parent process of a worker learns of a task: that its child died in it, or had to be killed."""

import logging
import os
import signal
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from billiard.exceptions import WorkerLostError
from celery.worker.request import Request

from worker.lost import Ended

logger = logging.getLogger(__name__)

ENDED: SimpleQueue[Ended] = SimpleQueue()
"""Children that ended in the midst of a task; `watch.py` looks after what they left."""


class WatchedRequest(Request):
    """A message at work, whose child process is watched."""

    def on_timeout(self, soft: bool, timeout: float) -> None:  # the library's own signature
        """Kill a child at its hard limit at once: told to stop, it would give the evaluation back, to run for ever."""
        if not soft and self.worker_pid:
            with suppress(ProcessLookupError):
                os.kill(int(self.worker_pid), signal.SIGKILL)
            ENDED.put(Ended(int(self.worker_pid), over_seconds=int(timeout)))
        super().on_timeout(soft, timeout)

    def on_failure(self, exc_info: Any, *arguments: Any, **options: Any) -> Any:
        """Note that the child is gone, whatever the library makes of it."""
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        if isinstance(error, (WorkerLostError, SystemExit)) and self.worker_pid:
            ENDED.put(Ended(int(self.worker_pid)))
        return super().on_failure(exc_info, *arguments, **options)
