"""What the parent process of a worker does beside taking tasks: look after lost work, ended children, and itself."""

import os
import threading
from collections.abc import Sequence

from worker.lost import Ended, settle
from worker.reaper import reap_until
from worker.requests import ENDED
from worker.stall import Stall

FORK_SECONDS = 5.0
"""How long a new child waits for the end of a round; one that hangs on a server must not keep it for longer."""
_round = threading.Lock()
_held: list[bool] = []


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

    # A child that begins in the midst of a round would inherit what this thread has locked, and wait for it for ever.
    os.register_at_fork(before=_wait_for_round, after_in_parent=_let_rounds_go_on, after_in_child=_let_rounds_go_on)
    reap_until(stop, also=look, inside=_round)


def _wait_for_round() -> None:
    _held.append(_round.acquire(timeout=FORK_SECONDS))


def _let_rounds_go_on() -> None:
    if _held.pop():
        _round.release()
