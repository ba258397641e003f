"""The HTTP API with the queue behind it: what uvicorn is told to serve."""

import logging
from collections.abc import Sequence
from uuid import UUID

from fastapi import FastAPI

from splits.errors import RematchError
from submissions.api import create_app
from submissions.claim_store import sync_shipped
from submissions.database import prepare, session
from submissions.logs import set_up_logs
from worker.broker import BrokerError, check_broker
from worker.queue import enqueue_evaluations
from worker.settings import get_settings

logger = logging.getLogger(__name__)


def application() -> FastAPI:
    """Make the application with the settings of the environment."""
    set_up_logs()
    _prepare()
    return create_app(announce=announce, check_broker=check_broker, redis_url=get_settings().broker_url)


def announce(evaluation_ids: Sequence[UUID]) -> None:
    """Tell the queue; what it cannot be told of now, it is told of by the reaper."""
    try:
        enqueue_evaluations(evaluation_ids)
    except BrokerError as error:
        logger.warning("%s", error)


def _prepare() -> None:
    try:
        prepare()
        with session() as opened:
            sync_shipped(opened)
    except RematchError:
        # It is served all the same, so that /ready can say so, and goes on by itself once that is mended.
        logger.warning("The database cannot be used yet.", exc_info=True)
