"""What was done for an evaluation, in plain words for whoever handed it in: kept with it, and logged here as well.

Only what is told through `tell` is kept: nothing that libraries log, no traceback, no path and no secret gets there.
"""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from submissions.log_tail import MOST_LINES, extended, stamped

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class JobLog:
    """The lines of one attempt, after those of earlier attempts."""

    attempt: int
    before: str | None = None
    """What earlier attempts left."""
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))

    @property
    def tail(self) -> str:
        """The last lines, as they are stored."""
        return extended(self.before, list(self._lines))

    def add(self, text: str) -> None:
        """Add one line."""
        self._lines.append(stamped(text, self.attempt))


_current: ContextVar[JobLog | None] = ContextVar("job_log", default=None)


@contextmanager
def logging_for(log: JobLog) -> Iterator[JobLog]:
    """Let what is told inside the block, in this thread, be kept in a log."""
    token = _current.set(log)
    try:
        yield log
    finally:
        _current.reset(token)


def tell(text: str) -> None:
    """Say what happens to the evaluation that this thread works on, in words that its submitter may read."""
    logger.info("%s", text)
    log = _current.get()
    if log is not None:
        log.add(text)
