"""The Celery application, configured when first used."""

import logging
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

# Read when the library is imported. Told to stop, a worker then gives back what it has begun, rather than going on with
# it until somebody loses patience and kills it.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

from celery import Celery, signals

from worker.settings import get_settings

if TYPE_CHECKING:
    from submissions.tables import Queue as WorkQueue

logger = logging.getLogger(__name__)

EVALUATE = "worker.evaluate"

SOFT_SHUTDOWN_SECONDS = 5.0
_IMPATIENCE: dict[str, Any] = {
    "socket_connect_timeout": 5,
    # Without it, one answer that never comes stops the loop that takes messages, for ever and silently.
    "socket_timeout": 10,
    "socket_keepalive": True,
    "socket_keepalive_options": {socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3},
    "health_check_interval": 10,
}
"""How soon a connection that went dead without a word is given up."""
_ready, _stop = threading.Event(), threading.Event()


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
            **_IMPATIENCE,
        },
        # A broker may be away for however long.
        "broker_connection_max_retries": None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_enable_prefetch_count_reduction": False,
        # A process that is told to stop has a moment to end what it does, then gives it back.
        "worker_soft_shutdown_timeout": SOFT_SHUTDOWN_SECONDS,
        # On a busy machine a new process takes its time to begin.
        "worker_proc_alive_timeout": 60.0,
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


def has_crashed() -> bool:
    """Whether the worker of this process, which was ready once, has ended although nobody told it to."""
    return _ready.is_set() and not _stop.is_set()


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
    from billiard.util import get_logger
    from celery.apps import worker

    from submissions.logs import set_up_logs

    set_up_logs()
    # That of the pool keeps to itself, unless the library sets it up.
    get_logger().propagate = True
    # What is said of signals would be written past the log.
    worker.safe_say = lambda message, *_: logger.info("%s", message)  # type: ignore[attr-defined]  # not in the stubs


@signals.worker_init.connect
def _load_ahead(**_: object) -> None:
    """Load what scoring needs once for all children, which then begin at once also where they often die."""
    import evaluator.evaluation
    import evaluator.kernel
    import evaluator.reading  # noqa: F401  # what is loaded is inherited


@signals.worker_process_init.connect
def _begin_child(**_: object) -> None:
    from submissions.database import forget_connections
    from worker.memory_limit import limit_memory

    # The parent's sockets are its own: closing them here would end its sessions.
    forget_connections(close=False)
    limit_memory()


@signals.worker_ready.connect
def _start_watching(sender: Any, **_: object) -> None:
    from worker.watch import watch

    _ready.set()
    queues = [queue.name for queue in sender.task_consumer.queues]
    threading.Thread(target=watch, args=(_stop, queues), name="watch", daemon=True).start()


@signals.worker_shutting_down.connect
def _stop_watching(**_: object) -> None:
    _stop.set()
