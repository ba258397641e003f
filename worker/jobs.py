"""The work itself: claim an evaluation, score its file or run its model, record what came of it."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from evaluator.lost_device import has_lost_device, keep_if_lost
from evaluator.model import MissingHereError
from splits.content import DataError
from splits.errors import RematchError
from submissions import store, waiting
from submissions.database import session
from submissions.errors import ArtifactError, DatabaseError, SettingsError
from submissions.findings import count_of
from submissions.tables import Status
from worker.desk import Desk
from worker.heartbeat import beating
from worker.measuring import Measured, UnfitWorkerError, measured
from worker.settings import get_settings
from worker.work import Work, read_work

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 900.0
"""However often something failed, it is tried again after this long: somebody may have mended it."""


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
    work = _claim(evaluation_id)
    if work is None:
        return _Ended(None)
    with _given_back(work), beating(work.evaluation_id, claim=work.claim) as pulse:
        try:
            found = measured(work, desk.watched_by(pulse))
        except too_long:
            return _Ended(_fail(work, _too_long_message(work), our_fault=True), is_over_time=True)
        except (MissingHereError, DataError) as error:
            waits = f"{store.WAITS_MESSAGE} {error} {store.TRIED_AGAIN_MESSAGE}"
            message = str(error) if desk.is_watched else waits
            return _Ended(_postpone(work, error, message=message))
        except (UnfitWorkerError, ArtifactError, SettingsError, DatabaseError) as error:
            return _Ended(_postpone(work, error))
        except RematchError as error:
            return _Ended(_fail(work, str(error), our_fault=False))
        except Exception as error:  # the task's boundary: what is left is a fault of ours
            keep_if_lost(error)
            return _Ended(_retry(work, error))
        return _Ended(Status.SUCCEEDED if _record(work, found) else None)


def _record(work: Work, found: Measured) -> bool:
    with session() as opened:
        return store.record_success(
            opened,
            work.evaluation_id,
            found.report,
            claim=work.claim,
            worker=f"{process_name()} {found.device}",
            run_record=found.record,
        )


def process_name() -> str:
    """Say which process does the work; on which device is known when it is done."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _claim(evaluation_id: UUID) -> Work | None:
    with session() as opened:
        evaluation = store.claim(opened, evaluation_id, worker=process_name())
        return None if evaluation is None else read_work(opened, evaluation)


@contextmanager
def _given_back(work: Work) -> Iterator[None]:
    """Put an evaluation back into the queue when its process is told to stop in the middle of it."""
    try:
        yield
    except Exception:
        # Even recording failed, most likely for want of the database: the reaper will find it.
        logger.exception("Evaluation %s could not be recorded.", work.evaluation_id)
        raise
    except BaseException:
        with session() as opened:
            store.release(opened, work.evaluation_id, claim=work.claim)
        raise


def _too_long_message(work: Work) -> str:
    if work.order is not None:
        limit = count_of(get_settings().model_soft_limit_seconds, "second")
        return (
            f"The model was stopped after {limit}, the most that one may take on this board; what it encoded is kept."
            " The operator can allow more (REMATCH_MODEL_SOFT_LIMIT_SECONDS) and have it go on (rematch requeue)."
        )
    limit = count_of(get_settings().soft_limit_seconds, "second")
    return (
        f"Scoring was stopped after {limit}, the most that one evaluation may take on this board. Its operator can"
        " allow more (REMATCH_SOFT_LIMIT_SECONDS) and have it scored again (rematch requeue). At home there is no such"
        " limit: rematch score"
    )


def _fail(work: Work, message: str, *, our_fault: bool) -> Status | None:
    with session() as opened:
        recorded = store.record_failure(opened, work.evaluation_id, message, claim=work.claim, our_fault=our_fault)
    return Status.FAILED if recorded else None


def _retry(work: Work, error: Exception) -> Status | None:
    logger.error("Evaluation %s failed in attempt %d.", work.evaluation_id, work.attempts, exc_info=error)
    wait = _wait_seconds(work.attempts)
    with session() as opened:
        return store.retry_or_fail(opened, work.evaluation_id, claim=work.claim, wait_seconds=wait)


def _postpone(work: Work, error: Exception, *, message: str = store.POSTPONED_MESSAGE) -> Status | None:
    """Try again later and as often as it takes: another worker, or this one once it is mended, can do it."""
    wait = _wait_seconds(work.claim)
    logger.error("Evaluation %s cannot be run here; it waits for %g s.", work.evaluation_id, wait, exc_info=error)
    with session() as opened:
        postponed = store.postpone(opened, work.evaluation_id, claim=work.claim, wait_seconds=wait, message=message)
    return Status.QUEUED if postponed else None


def _wait_seconds(n_tries: int) -> float:
    # The exponent is bounded, as the number of tries is not.
    return min(get_settings().retry_seconds * 4.0 ** min(n_tries - 1, 8), LONGEST_WAIT_SECONDS)
