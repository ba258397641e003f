"""Signs of life of a running evaluation, from a thread of their own."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions import store
from submissions.database import session
from worker.settings import get_settings

logger = logging.getLogger(__name__)


@contextmanager
def beating(evaluation_id: UUID, *, claim: int) -> Iterator[None]:
    """Give signs of life of an evaluation until the block ends."""
    done = threading.Event()
    interval = get_settings().heartbeat_seconds
    thread = threading.Thread(target=_beat, args=(evaluation_id, claim, done, interval), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat(evaluation_id: UUID, claim: int, done: threading.Event, interval: float) -> None:
    while not done.wait(interval):
        try:
            with session() as opened:
                alive = store.heartbeat(opened, evaluation_id, claim=claim)
        except (SQLAlchemyError, RematchError):
            # One beat may be missed; if the database stays away, the evaluation is queued again by the reaper.
            logger.warning("No sign of life of %s could be given.", evaluation_id, exc_info=True)
            continue
        if not alive:
            logger.warning("Evaluation %s was given to another worker.", evaluation_id)
            return
