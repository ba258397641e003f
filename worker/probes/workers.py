"""Whether there is somebody to do the work: from the database, and on a broker from the workers themselves."""

from typing import Any

from submissions.at_work import signs_of_life, waiting
from submissions.database import session
from submissions.tables import now
from worker.probe import Answer, Part, Probe, fail, ok, skip, warn
from worker.queue import is_embedded
from worker.settings import get_settings

LATELY_SECONDS = 3600.0
SOON_SECONDS = 120.0
"""How long something may wait without anybody at work before that is strange."""
PING_SECONDS = 2.0


def _signs() -> Answer:
    with session() as opened:
        found, waits = signs_of_life(opened, within_seconds=LATELY_SECONDS), waiting(opened)
    told = ", ".join(f"{sign.worker} ({f'{sign.n_running} running' if sign.n_running else 'idle'})" for sign in found)
    overdue = [one for one in waits if (now() - one.since).total_seconds() > SOON_SECONDS]
    if overdue and not any(sign.n_running for sign in found):
        names = " and ".join(one.queue.value for one in overdue)
        return fail(
            f"something waits for {names}, and nobody runs anything",
            "Start a worker: rematch worker" + ("" if is_embedded() else f" --queue {overdue[0].queue.value}"),
        )
    return ok(f"signs of life in the last hour: {told}" if told else "nothing ran in the last hour, and nothing waits")


def _on_broker() -> Answer:
    if is_embedded():
        return skip("no broker is set")
    queues = _queues_of_workers()
    with session() as opened:
        unserved = [one for one in waiting(opened) if not any(one.queue.value in served for served in queues.values())]
    told = ", ".join(f"{name} ({', '.join(sorted(served))})" for name, served in sorted(queues.items()))
    if unserved:
        return fail(
            f"{unserved[0].n:,} wait for {unserved[0].queue.value}, which nobody serves; at work: {told or 'nobody'}",
            f"Start one: rematch worker --queue {unserved[0].queue.value}",
        )
    if not queues:
        return warn("no worker answers", "Start one: rematch worker --queue scores")
    return ok(told)


def _queues_of_workers() -> dict[str, set[str]]:
    """Ask every worker which queues it serves."""
    from worker.app import app

    # On the broker of the settings: the application's own pool keeps the one that it was first used with.
    control: Any = app.control
    with app.connection_for_write(get_settings().broker_url) as connection:
        mailbox = control.mailbox(connection)
        mailbox.producer_pool = None
        answers = mailbox.multi_call("active_queues", timeout=PING_SECONDS)
    return {name: {str(queue["name"]) for queue in served} for answer in answers for name, served in answer.items()}


SIGNS = Probe("workers", Part.WORKERS, "somebody is at work when something waits", _signs, needs=("migrations",))
ON_BROKER = Probe(
    "workers-on-broker",
    Part.WORKERS,
    f"workers answer within {PING_SECONDS:g} s, and serve every queue in which something waits",
    _on_broker,
    needs=("broker", "migrations"),
)
