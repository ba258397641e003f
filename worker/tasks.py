"""The tasks: an id comes in, the job is called, the state is in the database."""

from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from submissions.tables import Status
from worker.app import EVALUATE, app
from worker.jobs import run_evaluation
from worker.queue import enqueue_evaluation


@app.task(name=EVALUATE)
def evaluate(evaluation_id: str) -> None:
    """Run one evaluation; one that is to be tried again is sent again, to be taken when it is due."""
    if run_evaluation(UUID(evaluation_id), too_long=SoftTimeLimitExceeded) is Status.QUEUED:
        enqueue_evaluation(UUID(evaluation_id))
