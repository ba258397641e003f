"""The work itself: claim an evaluation, score its file or run its model, record what came of it."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from evaluator.devices import is_out_of_memory
from evaluator.errors import ChangedFileError
from evaluator.lost_device import has_lost_device, keep_if_lost
from evaluator.model import MissingHereError
from splits.content import DataError
from splits.errors import RematchError
from submissions import store, waiting
from submissions.database import session
from submissions.errors import ArtifactError, DatabaseError, SettingsError
from submissions.logs import bound
from submissions.reasons import TRIED_AGAIN_MESSAGE, WAITS_MESSAGE, Reason
from submissions.tables import Status
from worker.desk import Desk
from worker.heartbeat import Pulse, beating
from worker.job_log import JobLog, logging_for, tell
from worker.measuring import UnfitWorkerError, measured
from worker.recording import Attempt
from worker.wording import too_long_message
from worker.work import read_work

logger = logging.getLogger(__name__)

PANIC = "PanicException"
"""What libraries written in Rust raise where memory runs out; it is no Exception, and must not pass for a stop."""


def run_task(first: UUID, *, too_long: type[Exception] = TimeoutError, desk: Desk | None = None) -> list[UUID]:
    """Run a queued evaluation and, of a model, what else waits for the same run on the same dataset.

    Args:
        first: The evaluation to begin with.
        too_long: What is raised inside when the soft time limit is over.
        desk: Where models are run, and who watches.

    Returns:
        The evaluations that a broker is to be told of again: they failed through us, or the time or the device was
        gone before them.
    """
    desk = desk or Desk()
    desk = replace(desk, contents=desk.at_hand())
    evaluation_id = first
    while True:
        ended = _run(evaluation_id, too_long, desk)
        # What is missing here is missing for the rest as well; and who was faster has the rest too.
        if ended.status is None or ended.status is Status.QUEUED:
            return [evaluation_id] if ended.status else []
        with session() as opened:
            siblings = waiting.siblings(opened, evaluation_id)
        if not siblings or ended.is_over_time or has_lost_device():
            return siblings
        evaluation_id = siblings[0]


def run_evaluation(
    evaluation_id: UUID, *, too_long: type[Exception] = TimeoutError, desk: Desk | None = None
) -> Status | None:
    """Run a queued evaluation and record what came of it; safe to call twice, and by many at once.

    Args:
        evaluation_id: The evaluation.
        too_long: What is raised inside when the soft time limit is over.
        desk: Where models are run, and who watches.

    Returns:
        Where it stands then: QUEUED when it is to be run again; None when it was not for this call to run, or was
        given up for dead meanwhile.
    """
    return _run(evaluation_id, too_long, desk or Desk()).status


@dataclass(frozen=True, slots=True)
class _Ended:
    status: Status | None
    is_over_time: bool = False
    """Whether the task's soft limit, which comes once, was used up."""


def _run(evaluation_id: UUID, too_long: type[Exception], desk: Desk) -> _Ended:
    attempt = _claim(evaluation_id)
    if attempt is None:
        return _Ended(None)
    with _named(attempt), _given_back(attempt), beating(attempt.work, attempt.log) as pulse:
        return _attempted(attempt, too_long, desk, pulse)


def _attempted(attempt: Attempt, too_long: type[Exception], desk: Desk, pulse: Pulse) -> _Ended:
    try:
        found = measured(attempt.work, desk.watched_by(pulse))
    except too_long:
        return _Ended(attempt.failed(too_long_message(attempt.work), Reason.TIME_LIMIT), is_over_time=True)
    except (MissingHereError, DataError) as error:
        waits = f"{WAITS_MESSAGE} {error} {TRIED_AGAIN_MESSAGE}"
        return _Ended(attempt.postponed(error, message=str(error) if desk.is_watched else waits))
    except (UnfitWorkerError, ArtifactError, ChangedFileError, SettingsError, DatabaseError) as error:
        # Changed: a stored file is replaced by its like when the same content is handed in again.
        return _Ended(attempt.postponed(error))
    except RematchError as error:
        if came_of_memory(error):
            return _Ended(attempt.retried(error, Reason.MEMORY))
        return _Ended(attempt.failed(str(error), Reason.INPUT))
    except BaseException as error:  # the task's boundary: what is left is a fault of ours
        if not isinstance(error, Exception) and type(error).__name__ != PANIC:
            raise
        keep_if_lost(error)
        return _Ended(attempt.retried(error, Reason.MEMORY if came_of_memory(error) else Reason.INTERNAL))
    return _Ended(attempt.succeeded(found, process_name()))


@contextmanager
def _named(attempt: Attempt) -> Iterator[None]:
    """Let what is logged inside the block say for which attempt, and what is told be kept with it."""
    work = attempt.work
    ids = {"submission": str(work.submission_id), "evaluation": str(work.evaluation_id)}
    with bound(**ids, attempt=work.attempts, worker=process_name()), logging_for(attempt.log):
        yield


def came_of_memory(error: BaseException) -> bool:
    """Whether an error, or one that it was raised for, says that memory ran out.

    Readers take a failed allocation for a broken file. This one was read whole when it was handed in, so here it says
    that this worker is too small.
    """
    seen: BaseException | None = error
    while seen is not None:
        if is_out_of_memory(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def process_name() -> str:
    """Say which process does the work; on which device is known when it is done."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _claim(evaluation_id: UUID) -> Attempt | None:
    with session() as opened:
        evaluation = store.claim(opened, evaluation_id, worker=process_name())
        if evaluation is None:
            return None
        work = read_work(opened, evaluation)
        attempt = Attempt(work, JobLog(work.attempts, work.log_tail))
        with _named(attempt):
            tell(f"Taken by worker {process_name()}.")
        # Kept with the claim: of a worker that dies at once this is all there will be to read.
        store.heartbeat(opened, evaluation_id, claim=work.claim, log_tail=attempt.log.tail)
        return attempt


@contextmanager
def _given_back(attempt: Attempt) -> Iterator[None]:
    """Put an evaluation back into the queue when its process is told to stop in the middle of it."""
    try:
        yield
    except Exception:
        # Even recording failed, most likely for want of the database: the reaper will find it.
        logger.exception("Evaluation %s could not be recorded.", attempt.work.evaluation_id)
        raise
    except BaseException:
        attempt.released()
        raise
