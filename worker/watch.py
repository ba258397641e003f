"""What the parent process of a worker does beside taking tasks: look after lost work, ended children, and itself."""

import threading
from collections.abc import Sequence

from worker.lost import Ended, settle
from worker.reaper import reap_until
from worker.requests import ENDED
from worker.stall import Stall


def watch(stop: threading.Event, queues: Sequence[str]) -> None:
    """Watch until told to stop.

    Args:
        stop: Set when the worker ends.
        queues: The queues that this worker takes tasks from.
    """
    stall, unsettled = Stall(queues), list[Ended]()

    def look() -> None:
        stall.look()
        while not ENDED.empty():
            unsettled.append(ENDED.get())
        while unsettled:
            # Kept until it is done: the database may be away.
            settle(unsettled[0])
            del unsettled[0]

    reap_until(stop, also=look)
