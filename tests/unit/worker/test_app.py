"""The Celery application: configured late, and such that nothing is lost or run twice."""

import subprocess
import sys

from submissions.tables import Queue
from worker.app import app, limits_of


def test_importing_it_reads_no_setting():
    code = "import os; os.environ['REMATCH_CONCURRENCY'] = 'nonsense'; import worker.app, worker.queue, worker.tasks"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_task_is_acknowledged_late_one_at_a_time_and_not_redelivered_while_it_may_run():
    conf = app.conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.broker_transport_options["visibility_timeout"] > conf.task_time_limit > conf.task_soft_time_limit
    assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])
    assert conf.result_backend is None


def test_there_are_two_queues_and_scoring_goes_to_the_cheap_one():
    assert {queue.name for queue in app.conf.task_queues} == {"scores", "models"}
    assert app.conf.task_default_queue == "scores"


def test_running_a_model_may_take_longer_than_scoring():
    scores, models = limits_of(Queue.SCORES), limits_of(Queue.MODELS)
    assert scores[0] < scores[1] < models[0] < models[1]
    assert app.conf.broker_transport_options["visibility_timeout"] > models[1]


def test_the_queue_is_told_without_loading_what_does_the_work():
    code = (
        "import sys, worker.queue; print([name for name in ('celery', 'numba', 'worker.jobs') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
