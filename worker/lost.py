"""What a worker that is known to have ended left running: found at once, without waiting for its silence."""

import logging
import socket
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from submissions.database import session
from submissions.lost_work import Swept, fail_ended, give_up
from submissions.reasons import Reason
from worker.reaper import reap
from worker.wording import killed_message

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """A process of this machine that ended in the midst of a task."""

    pid: int
    over_seconds: int | None = None
    """The limit that it was killed at; None when it died."""

    @property
    def name(self) -> str:
        """As what it ran is marked with."""
        return f"{socket.gethostname()}:{self.pid}"


def bring_back(pid: int, *, only: Collection[UUID] | None = None) -> Swept:
    """Queue again what an ended process of this machine left running, or fail it when it was lost too often.

    Args:
        pid: The process; it runs nothing any more.
        only: The evaluations to look at; None for all.
    """
    with session() as opened:
        give_up(opened, Ended(pid).name, only=only)
    return reap()


def settle(ended: Ended) -> None:
    """Look after what an ended process left: what was killed at its limit fails, anything else is tried again."""
    if ended.over_seconds is None:
        bring_back(ended.pid)
        return
    with session() as opened:
        failed = fail_ended(opened, ended.name, killed_message(ended.over_seconds), Reason.TIME_LIMIT)
    for evaluation_id in failed:
        logger.warning("Evaluation %s was killed after %d s, its hard limit.", evaluation_id, ended.over_seconds)
