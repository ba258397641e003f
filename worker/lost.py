"""What a worker that is known to have ended left running: found at once, without waiting for its silence."""

import socket
from collections.abc import Collection
from uuid import UUID

from submissions.database import session
from submissions.store import Swept, give_up
from worker.reaper import reap


def bring_back(pid: int, *, only: Collection[UUID] | None = None) -> Swept:
    """Queue again what an ended process of this machine left running, or fail it when it was lost too often.

    Args:
        pid: The process; it runs nothing any more.
        only: The evaluations to look at; None for all.
    """
    with session() as opened:
        give_up(opened, f"{socket.gethostname()}:{pid}", only=only)
    return reap()
