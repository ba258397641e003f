"""What came of an attempt, written down: a result, a failure, or that it is tried again.

A database that is away for a moment costs no result: what is to be recorded is kept and tried again for as long as no
other worker can have been given the evaluation.
"""

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session

from evaluator.errors import ChangedFileError
from evaluator.model import ModelError
from submissions import store
from submissions.database import session
from submissions.errors import ArtifactError, DatabaseError, SettingsError
from submissions.findings import count_of
from submissions.reasons import MEMORY_MESSAGE, OURS_MESSAGE, POSTPONED_MESSAGE, Reason
from submissions.tables import Status
from worker.job_log import JobLog, tell
from worker.measuring import Measured, UnfitWorkerError
from worker.settings import get_settings
from worker.work import Work

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 900.0
"""However often something failed, it is tried again after this long: somebody may have mended it."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One worker's hold on an evaluation."""

    work: Work
    log: JobLog

    def succeeded(self, found: Measured, worker: str) -> Status | None:
        """Store the results; None when the evaluation was given to another meanwhile."""
        tell(f"Measured: {count_of(len(found.report.measurements), 'value')} on {found.device}.")
        recorded = self._record(
            lambda opened: store.record_success(
                opened,
                self.work.evaluation_id,
                found.report,
                claim=self.work.claim,
                worker=f"{worker} {found.device}",
                run_record=found.record,
                log_tail=self.log.tail,
            )
        )
        return Status.SUCCEEDED if recorded else None

    def failed(self, message: str, reason: Reason) -> Status | None:
        """Fail for good, with a message for the submitter."""
        tell("Failed; the message says why.")
        recorded = self._record(
            lambda opened: store.record_failure(
                opened,
                self.work.evaluation_id,
                message,
                claim=self.work.claim,
                reason=reason,
                log_tail=self.log.tail,
            )
        )
        return Status.FAILED if recorded else None

    def retried(self, error: BaseException, reason: Reason) -> Status | None:
        """Try again later after a fault of ours, and fail for good when that was the last attempt."""
        logger.error("Evaluation %s failed in attempt %d.", self.work.evaluation_id, self.work.attempts, exc_info=error)
        # What failed for want of memory is let go of first: to record it takes some too.
        traceback.clear_frames(error.__traceback__)
        what = "needed more memory than it may take" if reason is Reason.MEMORY else "failed through this board"
        tell(f"The attempt {what}.")
        return self._record(
            lambda opened: store.retry_or_fail(
                opened,
                self.work.evaluation_id,
                claim=self.work.claim,
                wait_seconds=wait_seconds(self.work.attempts),
                message=_last_words(error, reason),
                reason=reason,
                log_tail=self.log.tail,
            )
        )

    def postponed(self, error: Exception, *, message: str = POSTPONED_MESSAGE) -> Status | None:
        """Try again later and as often as it takes: another worker, or this one once it is mended, can do it."""
        wait = wait_seconds(self.work.claim)
        logger.error(
            "Evaluation %s cannot be run here; it waits for %g s.", self.work.evaluation_id, wait, exc_info=error
        )
        tell(f"Something that it needs is not here; tried again after {wait:g} s.")
        waits = self._record(
            lambda opened: store.postpone(
                opened,
                self.work.evaluation_id,
                claim=self.work.claim,
                wait_seconds=wait,
                message=message,
                reason=_missing(error),
                log_tail=self.log.tail,
            )
        )
        return Status.QUEUED if waits else None

    def released(self) -> None:
        """Give it back at once, as this process is told to stop."""
        tell("The worker was told to stop; it goes back into the queue.")
        with session() as opened:
            store.release(opened, self.work.evaluation_id, claim=self.work.claim, log_tail=self.log.tail)

    def _record(self, write: Callable[[Session], T]) -> T:
        """Write in one transaction, again and again while the database is away."""
        pause, until = FIRST_PAUSE_SECONDS, time.monotonic() + get_settings().stale_seconds
        while True:
            try:
                with session() as opened:
                    return write(opened)
            except DatabaseError as error:
                if time.monotonic() + pause > until:
                    raise
                logger.warning("Evaluation %s is recorded later: %s", self.work.evaluation_id, error)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _last_words(error: BaseException, reason: Reason) -> str:
    if reason is not Reason.MEMORY:
        return OURS_MESSAGE
    # A model says which device is too small; what a reader of files says would blame the file.
    return str(error) if isinstance(error, ModelError) else MEMORY_MESSAGE


def _missing(error: Exception) -> Reason:
    kinds: tuple[tuple[type[Exception], Reason], ...] = (
        (UnfitWorkerError, Reason.UNFIT_WORKER),
        (ArtifactError, Reason.ARTIFACT),
        (ChangedFileError, Reason.ARTIFACT),
        (SettingsError, Reason.SETTINGS),
        (DatabaseError, Reason.DATABASE),
    )
    return next((reason for kind, reason in kinds if isinstance(error, kind)), Reason.MISSING_HERE)


def wait_seconds(n_tries: int) -> float:
    """Return how long an evaluation waits after a fault of ours: the longer, the more tries there were."""
    # The exponent is bounded, as the number of tries is not.
    return min(get_settings().retry_seconds * 4.0 ** min(n_tries - 1, 8), LONGEST_WAIT_SECONDS)
