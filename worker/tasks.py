"""The tasks: an id comes in, the job is called, the state is in the database."""

from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from worker.app import EVALUATE, app
from worker.desk import Desk
from worker.jobs import run_task
from worker.queue import enqueue_evaluations

_DESK = Desk()
"""That of this process: its model stays loaded for the next task, which often needs the same."""


@app.task(name=EVALUATE)
def evaluate(evaluation_id: str) -> None:
    """Run one task; what is to be tried again is sent again, to be taken when it is due."""
    enqueue_evaluations(run_task(UUID(evaluation_id), too_long=SoftTimeLimitExceeded, desk=_DESK))
