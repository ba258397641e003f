"""How an evaluation that is committed as queued comes to a worker: the only door for other packages."""

import logging
from collections.abc import Sequence
from uuid import UUID

from splits.errors import RematchError
from worker.settings import get_settings

logger = logging.getLogger(__name__)


class BrokerError(RematchError):
    """The broker cannot be told of queued evaluations; nothing is lost, a worker finds them later."""


def is_embedded() -> bool:
    """Whether there is no broker, so that a local worker takes its work from the database."""
    return get_settings().broker_url is None


def enqueue_evaluation(evaluation_id: UUID) -> None:
    """Ask a worker to run a committed, queued evaluation; does nothing without a broker."""
    enqueue_evaluations([evaluation_id])


def enqueue_evaluations(evaluation_ids: Sequence[UUID]) -> None:
    """Ask workers to run committed, queued evaluations; does nothing without a broker.

    Raises:
        BrokerError: The broker cannot be reached.
    """
    broker_url = get_settings().broker_url
    if broker_url is None or not evaluation_ids:
        return
    from kombu.exceptions import OperationalError

    from submissions import store
    from submissions.database import session
    from worker.app import EVALUATE, app

    sent: list[UUID] = []
    try:
        # A connection for this batch alone: nothing stays open in a web process, or is inherited by a fork.
        with app.connection_for_write(broker_url) as connection:
            for evaluation_id in evaluation_ids:
                app.send_task(EVALUATE, args=[str(evaluation_id)], connection=connection)
                sent.append(evaluation_id)
    except OperationalError as error:
        logger.warning("The broker cannot be reached.", exc_info=True)
        raise BrokerError(
            "The broker of REMATCH_BROKER_URL cannot be reached. What was handed in is safe and stays queued: workers"
            " find it once the broker is back, or run: rematch reap"
        ) from error
    finally:
        if sent:
            with session() as opened:
                store.mark_announced(opened, sent)
