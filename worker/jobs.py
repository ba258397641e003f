"""The work itself: claim an evaluation, score its file, record what came of it."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from splits.errors import RematchError, SplitError, UnknownNameError
from submissions import store
from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.errors import ArtifactError, DatabaseError
from submissions.tables import Artifact, Evaluation, Status
from worker.heartbeat import beating
from worker.settings import get_settings

if TYPE_CHECKING:
    from sqlmodel import Session

    from evaluator.protocol import Protocol
    from evaluator.report import Report
    from splits.split import Split

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredContent:
    """A stored file that an evaluation needs."""

    sha256: str
    size: int

    def path(self) -> Path:
        """Return where it lies, once it is known to be whole."""
        return artifact_store().open_path(self.sha256, self.size)


@dataclass(frozen=True, slots=True)
class Work:
    """All that scoring needs of a claimed evaluation, so that no transaction stays open meanwhile."""

    evaluation_id: UUID
    attempt: int
    scores: StoredContent
    split_file: StoredContent | None
    format: str
    orientation: str | None
    protocol: str
    protocol_version: int
    split: str
    split_digest: str
    seed: int


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
    with _given_back(work), beating(work.evaluation_id, attempt=work.attempt):
        try:
            report = score(work)
        except too_long:
            limit = get_settings().soft_limit_seconds
            return _fail(work, f"Scoring took longer than {limit:,} seconds and was stopped. Hand in a smaller file.")
        except (ArtifactError, DatabaseError) as error:
            return _retry(work, error)
        except RematchError as error:
            return _fail(work, str(error))
        except Exception as error:  # the task's boundary: what is left is a fault of ours
            return _retry(work, error)
        with session() as opened:
            recorded = store.record_success(opened, work.evaluation_id, report, attempt=work.attempt)
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
        return None if evaluation is None else _work(opened, evaluation)


def _work(opened: "Session", evaluation: Evaluation) -> Work:
    run = evaluation.run
    return Work(
        evaluation_id=evaluation.id,
        attempt=evaluation.attempts,
        scores=_content(opened, run.artifact_sha256),
        split_file=_content(opened, run.split_file_sha256) if run.split_file_sha256 else None,
        format=run.format,
        orientation=run.orientation,
        protocol=evaluation.protocol,
        protocol_version=evaluation.protocol_version,
        split=evaluation.split,
        split_digest=evaluation.split_digest,
        seed=evaluation.seed,
    )


def _content(opened: "Session", sha256: str) -> StoredContent:
    artifact = opened.get_one(Artifact, sha256)
    return StoredContent(artifact.sha256, artifact.size)


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
            store.release(opened, work.evaluation_id, attempt=work.attempt)
        raise


def _fail(work: Work, message: str) -> Status | None:
    with session() as opened:
        recorded = store.record_failure(opened, work.evaluation_id, message, attempt=work.attempt)
    return Status.FAILED if recorded else None


def _retry(work: Work, error: Exception) -> Status | None:
    logger.error("Evaluation %s failed in attempt %d.", work.evaluation_id, work.attempt, exc_info=error)
    with session() as opened:
        return store.retry_or_fail(opened, work.evaluation_id, store.OURS_MESSAGE, attempt=work.attempt)
