"""How an evaluation that is committed as queued comes to a worker: the only door for other packages."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from splits.errors import RematchError
from worker.settings import get_settings

if TYPE_CHECKING:
    from submissions.waiting import Task

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 5
"""How long the broker has for an answer when it is told of something."""


class BrokerError(RematchError):
    """The broker cannot be told of queued evaluations; nothing is lost, a worker finds them later."""


def is_embedded() -> bool:
    """Whether there is no broker, so that a local worker takes its work from the database."""
    return get_settings().broker_url is None


def enqueue_evaluation(evaluation_id: UUID) -> None:
    """Ask a worker to run a committed, queued evaluation; does nothing without a broker."""
    enqueue_evaluations([evaluation_id])


def enqueue_evaluations(evaluation_ids: Sequence[UUID]) -> None:
    """Ask workers to run committed, queued evaluations once they are due; does nothing without a broker.

    Raises:
        BrokerError: The broker cannot be reached.
    """
    broker_url = get_settings().broker_url
    if broker_url is None or not evaluation_ids:
        return
    from submissions import store, waiting
    from submissions.database import session

    with session() as opened:
        delays = waiting.delays(opened, evaluation_ids)
        tasks = waiting.tasks_of(opened, evaluation_ids)
    sent: list[UUID] = []
    try:
        _send(broker_url, tasks, delays, sent)
    finally:
        # One that is sent ahead of time is held in the memory of some worker: the reaper still looks after it.
        announced = [evaluation_id for evaluation_id in sent if evaluation_id not in delays]
        if announced:
            with session() as opened:
                store.mark_announced(opened, announced)


def check_broker() -> None:
    """Ask the broker for an answer; does nothing without a broker.

    Raises:
        BrokerError: It gives none.
    """
    broker_url = get_settings().broker_url
    if broker_url is None:
        return
    from kombu.exceptions import KombuError
    from redis.exceptions import RedisError

    from worker.app import app

    try:
        with app.connection_for_write(broker_url) as connection:
            connection.transport_options = {**(connection.transport_options or {}), "socket_timeout": ANSWER_SECONDS}
            connection.default_channel.client.ping()  # type: ignore[attr-defined]  # kombu types no transport
    except (KombuError, RedisError, OSError, ValueError, KeyError, ImportError) as error:
        raise BrokerError(f"The broker of REMATCH_BROKER_URL gives no answer ({_in_short(error)}).") from error


def _send(broker_url: str, tasks: "Sequence[Task]", delays: Mapping[UUID, float], sent: list[UUID]) -> None:
    """Send one message for each task, naming its first evaluation, and note all of them in `sent`."""
    from kombu.exceptions import KombuError
    from redis.exceptions import RedisError

    from worker.app import EVALUATE, app, limits_of

    try:
        # A connection for this batch alone: nothing stays open in a web process, or is inherited by a fork.
        with app.connection_for_write(broker_url) as connection:
            # Whoever hands in waits for this, also where something other than the server answers.
            connection.transport_options = {**(connection.transport_options or {}), "socket_timeout": ANSWER_SECONDS}
            for task in tasks:
                soft_limit, hard_limit = limits_of(task.queue)
                first = min(task.evaluation_ids, key=lambda one: delays.get(one, 0.0))
                app.send_task(
                    EVALUATE,
                    args=[str(first)],
                    connection=connection,
                    countdown=delays.get(first),
                    queue=task.queue.value,
                    soft_time_limit=soft_limit,
                    time_limit=hard_limit,
                )
                sent.extend(task.evaluation_ids)
    # Another sort for each of: no host, no server there, a wrong password, a wrong certificate, a missing database.
    except (KombuError, RedisError, OSError, ValueError, KeyError, ImportError) as error:
        logger.warning("The broker cannot be reached.", exc_info=True)
        raise BrokerError(
            f"The broker of REMATCH_BROKER_URL cannot be used ({_in_short(error)}). What was handed in is safe and"
            " stays queued: workers find it once the broker is back, or run: rematch reap"
        ) from error


def _in_short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
