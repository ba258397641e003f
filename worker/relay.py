"""Empty the outbox: tell the broker of what was committed and never announced, and of what it lost.

A message is lost when the broker is flushed, comes back without its memory, or hands it to a worker that dies before it
claims the evaluation. All three look the same from here: an evaluation is still queued although every message that was
sent when its own was has left the queue. As a queue is first in, first out, its oldest message tells.
"""

from datetime import datetime, timedelta

from submissions import outbox
from submissions.database import session
from submissions.tables import Queue, now
from worker.broker import waiting_since
from worker.queue import announce, is_embedded
from worker.settings import get_settings


def relay() -> int:
    """Announce what the broker does not know of and return how many; safe to run by many at once.

    Raises:
        BrokerError: The broker cannot be reached.
    """
    if is_embedded():
        return 0
    seconds, lost_before, n_announced = get_settings().announce_seconds, _lost_before(), 0
    while True:
        n_now = announce(lambda opened: outbox.unannounced(opened, never_seconds=seconds, lost_before=lost_before))
        n_announced += n_now
        if n_now < outbox.BATCH:
            return n_announced


def _lost_before() -> dict[Queue, datetime]:
    """Return, for each queue with something that waits for long, until when what was announced must have been taken."""
    patience = timedelta(seconds=get_settings().resend_seconds)
    with session() as opened:
        queues = outbox.announced_queues(opened, before=now() - patience)
    return {queue: since - patience for queue, since in waiting_since(queues).items()} if queues else {}
