"""Bring back what was lost: running without a sign of life, or queued without a message on the broker."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions import lost_work
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.errors import DatabaseError
from submissions.leftovers import clear_leftovers
from submissions.lost_work import Swept
from worker.recording import wait_seconds
from worker.relay import relay
from worker.settings import get_settings

logger = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 30.0
"""After however many faults in a row, it is tried again after this long."""


def reap() -> Swept:
    """Queue lost evaluations again, tell the broker of all it does not know of, and clear leftovers away.

    Safe to run by many at once.
    """
    swept = _sweep()
    relay()
    # Last, as a store that does not answer is waited for.
    _clear_leftovers()
    return swept


def reap_until(
    stop: threading.Event,
    *,
    also: Callable[[], None] = lambda: None,
    inside: AbstractContextManager[object] | None = None,
    every_seconds: float | None = None,
) -> None:
    """Announce what waits every few seconds, and reap now and then, until told to stop; no fault ends it.

    Args:
        stop: Set by whoever has enough.
        also: Done every time before that.
        inside: Entered for every round anew, such as a lock.
        every_seconds: How often to reap; as the settings say if omitted.
    """
    settings = get_settings()
    every_seconds = every_seconds or settings.reap_seconds
    pause, n_faults, next_reaping, give_up_from = settings.announce_seconds, 0, 0.0, 0.0
    while not stop.wait(pause):
        now = time.monotonic()
        try:
            with inside or nullcontext():
                also()
                if now >= next_reaping and now >= give_up_from:
                    reap()
                    next_reaping = now + every_seconds
                else:
                    relay()
            pause, n_faults = settings.announce_seconds, 0
        except (SQLAlchemyError, RematchError) as fault:
            n_faults += 1
            pause = min(settings.announce_seconds * 2**n_faults, LONGEST_PAUSE_SECONDS)
            logger.warning("Lost evaluations cannot be looked for now: %s", fault)
            if isinstance(fault, (SQLAlchemyError, DatabaseError)):
                # Workers could give no sign of life either: they get the time to do so before any is given up.
                give_up_from = now + settings.stale_seconds


def _sweep() -> Swept:
    with session() as opened:
        swept = lost_work.requeue_stale(opened, stale_seconds=get_settings().stale_seconds, wait_seconds=wait_seconds)
    _log("queued again", swept.requeued)
    _log("failed", swept.failed)
    return swept


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
