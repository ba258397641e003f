"""Bring back what was lost: running without a sign of life, or queued without a message on the broker."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions import store
from submissions.database import session
from submissions.store import Swept
from worker.queue import enqueue_evaluations, is_embedded
from worker.settings import get_settings

logger = logging.getLogger(__name__)


def reap() -> Swept:
    """Queue lost evaluations again, and tell the broker of all it may not know; safe to run by many at once."""
    settings = get_settings()
    with session() as opened:
        swept = store.requeue_stale(opened, stale_seconds=settings.stale_seconds)
    enqueue_evaluations(swept.requeued)
    if not is_embedded():
        with session() as opened:
            unknown = store.unannounced(
                opened, never_seconds=settings.reap_seconds, resend_seconds=settings.resend_seconds
            )
        enqueue_evaluations(unknown)
    for what, ids in (("queued again", swept.requeued), ("failed", swept.failed)):
        if ids:
            logger.warning(
                "%d evaluations without a sign of life were %s: %s", len(ids), what, ", ".join(map(str, ids))
            )
    return swept


def reap_until(stop: threading.Event) -> None:
    """Reap again and again until told to stop."""
    while not stop.wait(get_settings().reap_seconds):
        try:
            reap()
        except (SQLAlchemyError, RematchError):
            logger.warning("Lost evaluations could not be looked for.", exc_info=True)
