"""Bring back what was lost: running without a sign of life, or queued without a message on the broker."""

import logging
import threading
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions import store, waiting
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.leftovers import clear_leftovers
from submissions.store import Swept
from worker.queue import enqueue_evaluations, is_embedded
from worker.settings import get_settings

logger = logging.getLogger(__name__)


def reap() -> Swept:
    """Queue lost evaluations again, tell the broker of all it may not know, and clear leftovers away.

    Safe to run by many at once.
    """
    settings = get_settings()
    with session() as opened:
        swept = store.requeue_stale(opened, stale_seconds=settings.stale_seconds)
    _log("queued again", swept.requeued)
    _log("failed", swept.failed)
    enqueue_evaluations(swept.requeued)
    if not is_embedded():
        with session() as opened:
            unknown = waiting.unannounced(
                opened, never_seconds=settings.reap_seconds, resend_seconds=settings.resend_seconds
            )
        enqueue_evaluations(unknown)
    # Last, as a store that does not answer is waited for.
    _clear_leftovers()
    return swept


def reap_until(stop: threading.Event) -> None:
    """Reap again and again until told to stop."""
    while not stop.wait(get_settings().reap_seconds):
        reap_if_possible()


def reap_if_possible() -> None:
    """Reap, or say in the log why that cannot be done now."""
    try:
        reap()
    except (SQLAlchemyError, RematchError):
        logger.warning("Lost evaluations could not be looked for.", exc_info=True)


def _clear_leftovers() -> None:
    try:
        with session() as opened:
            n_removed = clear_leftovers(opened, artifact_store())
    except (OSError, RematchError):
        # A store that is away must not keep evaluations from being brought back.
        logger.warning("Leftovers of failed hand-ins could not be cleared away.", exc_info=True)
    else:
        if n_removed:
            logger.info("%d files that failed hand-ins left were removed.", n_removed)


def _log(what: str, evaluation_ids: Sequence[UUID]) -> None:
    if evaluation_ids:
        ids = ", ".join(map(str, evaluation_ids))
        logger.warning("%d evaluations without a sign of life were %s: %s", len(evaluation_ids), what, ids)
