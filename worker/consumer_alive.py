"""A worker's promise to be alive, kept by the loop that takes tasks from the broker.

A task runs in a process of its own, so the loop turns however busy the worker is; when it hangs, or the whole process
was stopped, the promise is broken. Asking the worker over the broker would tell less and cost a Python process.
"""

import threading
import time
from typing import TYPE_CHECKING, Any

from celery import bootsteps

from worker.alive import promise

if TYPE_CHECKING:
    from celery.worker.consumer import Consumer

BEAT_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
"""How long one turn of the loop may take, on a machine that has other things to do."""


class KeepsPromise(bootsteps.StartStopStep):
    """Kept by the loop while it turns, and by a thread while the broker is away and there is no loop."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: "Consumer", **kwargs: Any) -> None:
        """Promise from now on, before there was a connection."""
        super().__init__(parent, **kwargs)
        self._timer: Any = None
        threading.Thread(target=self._promise_between_loops, name="signs of life", daemon=True).start()

    def start(self, parent: "Consumer") -> None:
        """Leave it to the loop that begins now."""
        _promise()
        self._timer = parent.timer.call_repeatedly(BEAT_SECONDS, _promise)

    def stop(self, parent: "Consumer") -> None:
        """Leave it to the thread: the connection is lost, or the worker ends what it runs."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _promise_between_loops(self) -> None:
        while True:
            if self._timer is None:
                _promise()
            time.sleep(BEAT_SECONDS)


def _promise() -> None:
    promise("worker", seconds=PATIENCE_SECONDS)
