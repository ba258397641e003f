"""The work itself: claim an evaluation, score its file, record what came of it."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from splits.errors import RematchError, SplitError, UnknownNameError
from submissions import store
from submissions.database import session
from submissions.errors import ArtifactError, DatabaseError, SettingsError
from submissions.findings import count_of
from submissions.tables import Status
from worker.heartbeat import beating
from worker.settings import get_settings
from worker.work import Work, read_work

if TYPE_CHECKING:
    from evaluator.protocol import Protocol
    from evaluator.report import Report
    from splits.split import Split

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 900.0
"""However often something failed, it is tried again after this long: somebody may have mended it."""


class UnfitWorkerError(Exception):
    """This worker has not what the evaluation was taken in for, such as an older version: a fault of ours."""


def run_evaluation(evaluation_id: UUID, *, too_long: type[Exception] = TimeoutError) -> Status | None:
    """Run a queued evaluation and record what came of it; safe to call twice, and by many at once.

    Args:
        evaluation_id: The evaluation.
        too_long: What is raised inside when the soft time limit is over.

    Returns:
        Where it stands then: QUEUED when it is to be run again; None when it was not for this call to run, or was
        given up for dead meanwhile.
    """
    work = _claim(evaluation_id)
    if work is None:
        return None
    with _given_back(work), beating(work.evaluation_id, claim=work.claim):
        try:
            report = score(work)
        except too_long:
            return _fail(work, _too_long_message(), our_fault=True)
        except (UnfitWorkerError, ArtifactError, SettingsError, DatabaseError) as error:
            return _postpone(work, error)
        except RematchError as error:
            return _fail(work, str(error), our_fault=False)
        except Exception as error:  # the task's boundary: what is left is a fault of ours
            return _retry(work, error)
        with session() as opened:
            recorded = store.record_success(opened, work.evaluation_id, report, claim=work.claim)
    return Status.SUCCEEDED if recorded else None


def score(work: Work) -> "Report":
    """Score the stored file of an evaluation, exactly as `rematch score` does."""
    from evaluator.evaluation import evaluate
    from evaluator.reading import read_score_file
    from evaluator.score_format import Orientation, Reading

    protocol, split = _ground(work)
    reading = Reading(orientation=Orientation(work.orientation) if work.orientation else None)
    file = read_score_file(work.scores.path(), split, reading, format_name=work.format)
    return evaluate(file, protocol, split, seed=work.seed)


def _ground(work: Work) -> "tuple[Protocol, Split]":
    from evaluator.protocol import PROTOCOLS
    from splits.loading import load_split

    try:
        protocol = PROTOCOLS[work.protocol]
        split = load_split(work.split_file.path() if work.split_file else work.split)
    except (UnknownNameError, SplitError) as error:
        # It was there when the submission was taken in, so the submitter cannot mend it.
        raise UnfitWorkerError(f"This worker lacks what {work.protocol} needs: {error}") from error
    if (protocol.version, split.digest) != (work.protocol_version, work.split_digest):
        raise UnfitWorkerError(
            f"{work.protocol} was to be version {work.protocol_version} on {work.split_digest}; this worker has version"
            f" {protocol.version} on {split.digest}."
        )
    return protocol, split


def worker_name() -> str:
    """Say which process does the work, and on what."""
    return f"{socket.gethostname()}:{os.getpid()} cpu"


def _claim(evaluation_id: UUID) -> Work | None:
    with session() as opened:
        evaluation = store.claim(opened, evaluation_id, worker=worker_name())
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


def _too_long_message() -> str:
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


def _postpone(work: Work, error: Exception) -> Status | None:
    """Try again later and as often as it takes: another worker, or this one once it is mended, can do it."""
    wait = _wait_seconds(work.claim)
    logger.error("Evaluation %s cannot be run here; it waits for %g s.", work.evaluation_id, wait, exc_info=error)
    with session() as opened:
        postponed = store.postpone(opened, work.evaluation_id, claim=work.claim, wait_seconds=wait)
    return Status.QUEUED if postponed else None


def _wait_seconds(n_tries: int) -> float:
    # The exponent is bounded, as the number of tries is not.
    return min(get_settings().retry_seconds * 4.0 ** min(n_tries - 1, 8), LONGEST_WAIT_SECONDS)
