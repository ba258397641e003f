"""What is said to the broker: which evaluations wait, and how long its oldest message has been there."""

import json
import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from splits.errors import RematchError
from worker.settings import get_settings

if TYPE_CHECKING:
    from kombu import Connection

    from submissions.tables import Queue
    from submissions.waiting import Task

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 5
"""How long the broker has for an answer when it is told or asked something."""
ANNOUNCED_AT = "announced_at"
"""The header of a message that says when it was sent."""


class BrokerError(RematchError):
    """The broker cannot be told of queued evaluations; nothing is lost, a worker finds them later."""


def check_broker() -> None:
    """Ask the broker for an answer; does nothing without a broker.

    Raises:
        BrokerError: It gives none.
    """
    if get_settings().broker_url is not None:
        with _connected() as connection:
            _client(connection).ping()


def send(tasks: "Sequence[Task]", sent: list[UUID], *, at: datetime) -> None:
    """Send one message for each task, naming its first evaluation, and note all of them in `sent`.

    Raises:
        BrokerError: The broker cannot be reached; some may have been sent.
    """
    from worker.app import EVALUATE, app, limits_of

    with _connected() as connection:
        for task in tasks:
            soft_limit, hard_limit = limits_of(task.queue)
            app.send_task(
                EVALUATE,
                args=[str(task.evaluation_ids[0])],
                connection=connection,
                queue=task.queue.value,
                headers={ANNOUNCED_AT: at.isoformat()},
                soft_time_limit=soft_limit,
                time_limit=hard_limit,
            )
            sent.extend(task.evaluation_ids)


def waiting_since(queues: "Collection[Queue]") -> "dict[Queue, datetime]":
    """Ask when the message was sent that is next to be taken from each queue; of an empty queue, that is this moment.

    What was sent earlier than that was taken from the queue, or is lost. A queue is left out whose next message does
    not say when it was sent.

    Raises:
        BrokerError: The broker cannot be reached.
    """
    found = {}
    with _connected() as connection:
        client = _client(connection)
        for queue in queues:
            moment = datetime.now(UTC)
            # Taken from the right end, as kombu does.
            message = client.lindex(queue.value, -1)
            sent_at = moment if message is None else _sent_at(message)
            if sent_at is not None:
                found[queue] = sent_at
    return found


def n_waiting(queues: Collection[str]) -> int:
    """Ask how many messages wait in some queues.

    Raises:
        BrokerError: The broker cannot be reached.
    """
    with _connected() as connection:
        client = _client(connection)
        return sum(client.llen(queue) for queue in queues)


def _client(connection: "Connection") -> Any:
    # Of the Redis transport, as every broker here is one.
    channel: Any = connection.default_channel
    return channel.client


def _sent_at(message: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(message)["headers"][ANNOUNCED_AT])
    except (ValueError, KeyError, TypeError):
        return None


@contextmanager
def _connected() -> "Iterator[Connection]":
    """Open a connection for a few words: nothing stays open in a web process, or is inherited by a fork."""
    from kombu.exceptions import KombuError
    from redis.exceptions import RedisError

    from worker.app import app

    try:
        with app.connection_for_write(get_settings().broker_url) as connection:
            # Whoever hands in waits for this, also where something other than the server answers.
            impatient: dict[str, Any] = {"socket_timeout": ANSWER_SECONDS}
            connection.transport_options = {**(connection.transport_options or {}), **impatient}
            yield connection
    # Another sort for each of: no host, no server there, a wrong password, a wrong certificate, a missing database.
    except (KombuError, RedisError, OSError, ValueError, KeyError, ImportError) as error:
        logger.debug("The broker cannot be reached.", exc_info=True)
        raise BrokerError(
            f"The broker of REMATCH_BROKER_URL cannot be used ({_in_short(error)}). What was handed in is safe and"
            " stays queued: workers find it once the broker is back, or run: rematch reap"
        ) from error


def _in_short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
