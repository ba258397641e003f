"""Signs of life of a running evaluation, from a thread of their own."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions import store
from submissions.database import session
from worker.alive import promise, withdraw
from worker.job_log import JobLog, tell
from worker.settings import get_settings
from worker.work import Work

if TYPE_CHECKING:
    from evaluator.progress import Progress

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Pulse:
    """What the next sign of life says of how far the work is."""

    progress: dict[str, Any] | None = None

    def tell(self, progress: "Progress") -> None:
        """Take how far a model is; cheap, as it is called for every batch."""
        if self.progress is None or self.progress["stage"] != progress.stage:
            tell(f"Stage: {progress.stage}, {progress.total:,} in all.")
        self.progress = {
            "stage": progress.stage,
            "done": progress.done,
            "total": progress.total,
            "per_second": round(progress.per_second, 3),
            "remark": progress.remark or (self.progress or {}).get("remark", ""),
        }


@contextmanager
def beating(work: Work, log: JobLog) -> "Iterator[Pulse]":
    """Give signs of life of an evaluation until the block ends; with each goes what the pulse was last told."""
    done = threading.Event()
    pulse = Pulse()
    beat = (copy_context().run, _beat, work, log, done, pulse)
    thread = threading.Thread(target=beat[0], args=beat[1:], name="heartbeat", daemon=True)
    thread.start()
    try:
        yield pulse
    finally:
        done.set()
        thread.join()
        withdraw("job")


def _beat(work: Work, log: JobLog, done: threading.Event, pulse: Pulse) -> None:
    settings, known = get_settings(), None
    promise("job", seconds=settings.stale_seconds)
    while not done.wait(settings.heartbeat_seconds):
        log_tail = log.tail
        news = log_tail if log_tail != known else None
        try:
            promise("job", seconds=settings.stale_seconds)
            with session() as opened:
                alive = store.heartbeat(
                    opened, work.evaluation_id, claim=work.claim, progress=pulse.progress, log_tail=news
                )
        except (SQLAlchemyError, RematchError, MemoryError):
            # One beat may be missed; if the database stays away, the evaluation is queued again by the reaper.
            logger.warning("No sign of life of %s could be given.", work.evaluation_id, exc_info=True)
            continue
        known = log_tail
        if not alive:
            logger.warning("Evaluation %s was given to another worker.", work.evaluation_id)
            return
