"""The Celery application, configured when first used."""

import logging
import threading
from typing import TYPE_CHECKING, Any

from celery import Celery, signals

from worker.settings import get_settings

if TYPE_CHECKING:
    from submissions.tables import Queue as WorkQueue

logger = logging.getLogger(__name__)

EVALUATE = "worker.evaluate"

_stop = threading.Event()


def _defaults() -> dict[str, Any]:
    from kombu import Queue

    from submissions.tables import Queue as WorkQueue

    settings = get_settings()
    return {
        "broker_url": settings.broker_url,
        "broker_connection_retry_on_startup": True,
        # Above the hard limit: an unacknowledged task is delivered again after this long, and would run twice.
        "broker_transport_options": {
            "visibility_timeout": max(settings.hard_limit_seconds, settings.model_hard_limit_seconds) + 600,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 30,
        },
        "task_queues": tuple(Queue(name.value) for name in WorkQueue),
        "task_default_queue": WorkQueue.SCORES.value,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_soft_time_limit": settings.soft_limit_seconds,
        "task_time_limit": settings.hard_limit_seconds,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": settings.concurrency,
        "enable_utc": True,
    }


def limits_of(queue: "WorkQueue") -> tuple[int, int]:
    """Return the soft and the hard time limit of a task, in seconds."""
    from submissions.tables import Queue as WorkQueue

    settings = get_settings()
    if queue is WorkQueue.MODELS:
        return settings.model_soft_limit_seconds, settings.model_hard_limit_seconds
    return settings.soft_limit_seconds, settings.hard_limit_seconds


app = Celery("rematch", include=["worker.tasks"])
app.add_defaults(_defaults)
app.steps["consumer"].add("worker.consumer_alive:KeepsPromise")


@signals.setup_logging.connect
def _set_up_logs(**_: object) -> None:
    """Give every line of a worker one form: whoever listens here keeps the library from setting up its own."""
    from celery.apps import worker

    from submissions.logs import set_up_logs

    set_up_logs()
    # What is said of signals would be written past the log.
    worker.safe_say = lambda message, *_: logger.info("%s", message)  # type: ignore[attr-defined]  # not in the stubs


@signals.worker_process_init.connect
def _forget_inherited_connections(**_: object) -> None:
    from submissions.database import forget_connections

    # The parent's sockets are its own: closing them here would end its sessions.
    forget_connections(close=False)


@signals.worker_ready.connect
def _start_reaping(**_: object) -> None:
    from worker.reaper import reap_until

    threading.Thread(target=reap_until, args=(_stop,), name="reaper", daemon=True).start()


@signals.worker_shutting_down.connect
def _stop_reaping(**_: object) -> None:
    _stop.set()
