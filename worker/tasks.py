"""The tasks: an id comes in, the job is called, the state is in the database."""

import logging
import time
from uuid import UUID

from celery.exceptions import Reject, SoftTimeLimitExceeded
from sqlalchemy.exc import SQLAlchemyError

from evaluator.lost_device import has_lost_device
from submissions import outbox
from submissions.database import session
from submissions.errors import DatabaseError
from worker.app import EVALUATE, app
from worker.desk import Desk
from worker.jobs import run_task

logger = logging.getLogger(__name__)

AWAY_SECONDS = 5.0
"""How long a task is held before it goes back to the broker, while the database is away."""
_DESK = Desk()
"""That of this process: its model stays loaded for the next task, which often needs the same."""


@app.task(name=EVALUATE, Request="worker.requests:WatchedRequest")
def evaluate(evaluation_id: str) -> None:
    """Run one task; what is left of it goes back into the outbox, to be announced when it is due.

    Raises:
        SystemExit: This process can compute nothing any more; the pool starts another in its place.
    """
    try:
        left = run_task(UUID(evaluation_id), too_long=SoftTimeLimitExceeded, desk=_DESK)
        with session() as opened:
            outbox.forget_announced(opened, left)
    except (DatabaseError, SQLAlchemyError) as error:
        # Whatever state the evaluation is in, with this message its chance would be gone.
        time.sleep(AWAY_SECONDS)
        raise Reject(error, requeue=True) from error
    if has_lost_device():
        logger.error("The device is lost to this process, which ends; another takes its place.")
        raise SystemExit(1)
