"""Keep evaluations for the process that handed them in, as long as it lives."""

import logging
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions import store
from submissions.database import session
from worker.settings import get_settings

logger = logging.getLogger(__name__)


@contextmanager
def reserving(evaluation_ids: Collection[UUID]) -> Iterator[None]:
    """Renew the reservation of queued evaluations until the block ends; then they are free for any worker."""
    done = threading.Event()
    thread = threading.Thread(target=_renew, args=(evaluation_ids, done), name="reservation", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        with session() as opened:
            store.reserve(opened, evaluation_ids, seconds=None)


def _renew(evaluation_ids: Collection[UUID], done: threading.Event) -> None:
    settings = get_settings()
    while not done.wait(settings.heartbeat_seconds):
        try:
            with session() as opened:
                store.renew_reservations(opened, evaluation_ids, seconds=settings.stale_seconds)
        except (SQLAlchemyError, RematchError):
            logger.warning("A reservation could not be renewed.", exc_info=True)
