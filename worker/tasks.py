"""The tasks: an id comes in, the job is called, the state is in the database."""

import logging
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from evaluator.lost_device import has_lost_device
from worker.app import EVALUATE, app
from worker.desk import Desk
from worker.jobs import run_task
from worker.queue import enqueue_evaluations

logger = logging.getLogger(__name__)

_DESK = Desk()
"""That of this process: its model stays loaded for the next task, which often needs the same."""


@app.task(name=EVALUATE)
def evaluate(evaluation_id: str) -> None:
    """Run one task; what is to be tried again is sent again, to be taken when it is due.

    Raises:
        SystemExit: This process can compute nothing any more; the pool starts another in its place.
    """
    enqueue_evaluations(run_task(UUID(evaluation_id), too_long=SoftTimeLimitExceeded, desk=_DESK))
    if has_lost_device():
        logger.error("The device is lost to this process, which ends; another takes its place.")
        raise SystemExit(1)
