"""Signs of life of a running evaluation, from a thread of their own."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions import store
from submissions.database import session
from worker.alive import promise, withdraw
from worker.settings import get_settings

if TYPE_CHECKING:
    from evaluator.progress import Progress

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Pulse:
    """What the next sign of life says of how far the work is."""

    progress: dict[str, Any] | None = None

    def tell(self, progress: "Progress") -> None:
        """Take how far a model is; cheap, as it is called for every batch."""
        self.progress = {
            "stage": progress.stage,
            "done": progress.done,
            "total": progress.total,
            "per_second": round(progress.per_second, 3),
            "remark": progress.remark or (self.progress or {}).get("remark", ""),
        }


@contextmanager
def beating(evaluation_id: UUID, *, claim: int) -> "Iterator[Pulse]":
    """Give signs of life of an evaluation until the block ends; with each goes what the pulse was last told."""
    done = threading.Event()
    pulse = Pulse()
    thread = threading.Thread(target=_beat, args=(evaluation_id, claim, done, pulse), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield pulse
    finally:
        done.set()
        thread.join()
        withdraw("job")


def _beat(evaluation_id: UUID, claim: int, done: threading.Event, pulse: Pulse) -> None:
    settings = get_settings()
    promise("job", seconds=settings.stale_seconds)
    while not done.wait(settings.heartbeat_seconds):
        promise("job", seconds=settings.stale_seconds)
        try:
            with session() as opened:
                alive = store.heartbeat(opened, evaluation_id, claim=claim, progress=pulse.progress)
        except (SQLAlchemyError, RematchError):
            # One beat may be missed; if the database stays away, the evaluation is queued again by the reaper.
            logger.warning("No sign of life of %s could be given.", evaluation_id, exc_info=True)
            continue
        if not alive:
            logger.warning("Evaluation %s was given to another worker.", evaluation_id)
            return
