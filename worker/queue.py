"""How an evaluation that is committed as queued comes to a worker: the only door for other packages."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from worker.broker import BrokerError, send
from worker.settings import get_settings

if TYPE_CHECKING:
    from sqlmodel import Session

__all__ = ["BrokerError", "announce", "enqueue_evaluation", "enqueue_evaluations", "is_embedded"]


def is_embedded() -> bool:
    """Whether there is no broker, so that a local worker takes its work from the database."""
    return get_settings().broker_url is None


def enqueue_evaluation(evaluation_id: UUID) -> None:
    """Ask a worker to run a committed, queued evaluation; does nothing without a broker."""
    enqueue_evaluations([evaluation_id])


def enqueue_evaluations(evaluation_ids: Sequence[UUID]) -> None:
    """Ask workers to run committed, queued evaluations that are due; does nothing without a broker.

    What is not due, or cannot be sent, stays in the outbox, which every worker empties.

    Raises:
        BrokerError: The broker cannot be reached.
    """
    if is_embedded() or not evaluation_ids:
        return
    from submissions import outbox

    while announce(lambda opened: outbox.unannounced_of(opened, evaluation_ids)) == outbox.BATCH:
        continue


def announce(choose: "Callable[[Session], list[UUID]]") -> int:
    """Tell the broker of some evaluations, and note it in the transaction that chose and locked them.

    Args:
        choose: Returns what to announce.

    Returns:
        How many that were.

    Raises:
        BrokerError: The broker cannot be reached; what was sent before that is noted.
    """
    from submissions import outbox, waiting
    from submissions.database import session
    from submissions.tables import now

    fault, sent = None, list[UUID]()
    with session() as opened:
        chosen, at = choose(opened), now()
        if not chosen:
            return 0
        try:
            send(waiting.tasks_of(opened, chosen), sent, at=at)
        except BrokerError as error:
            fault = error
        outbox.mark_announced(opened, sent, at=at)
    if fault is not None:
        raise fault
    return len(sent)
