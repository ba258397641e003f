"""From a recorded submission to its results: start the scoring, and follow it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from submissions.database import session
from submissions.status import SubmissionStatus, read_status
from submissions.tables import Status
from worker.local import spawn
from worker.queue import BrokerError, enqueue_evaluations, is_embedded

if TYPE_CHECKING:
    import subprocess

POLL_SECONDS = 0.3
Say = Callable[[str], None]


def start_scoring(submission_id: UUID, *, say: Say) -> "subprocess.Popen[bytes] | None":
    """Tell the queue of a committed submission; without a broker, start a local worker, which outlives us.

    Args:
        submission_id: The submission.
        say: Takes what the user should know meanwhile.
    """
    if is_embedded():
        return spawn()
    try:
        enqueue_evaluations([one.id for one in read(submission_id).evaluations])
    except BrokerError as error:
        say(f"warning: {error}")
    return None


def follow(submission_id: UUID, process: "subprocess.Popen[bytes] | None", *, say: Say) -> SubmissionStatus:
    """Wait until nothing of a submission waits or runs, its local worker has ended, or the user has seen enough.

    Args:
        submission_id: The submission.
        process: The local worker that was started for it, if any.
        say: Takes what the user should know meanwhile.
    """
    shown = None
    while True:
        # Asked before the look at the database, so that what the worker did last is seen.
        gone = process is not None and process.poll() is not None
        found = read(submission_id)
        done = len(found.evaluations) - found.n_unfinished
        if done != shown:
            say(f"{done} of {len(found.evaluations)} evaluations done.")
            shown = done
        if not found.n_unfinished:
            return found
        if gone and not any(one.status is Status.RUNNING for one in found.evaluations):
            say("The local worker ended before all was done; see logs/worker.log, or run: rematch worker --drain")
            return found
        try:
            time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            say(f"\nScoring goes on. See what comes of it: rematch status {submission_id}")
            return found


def read(submission_id: UUID) -> SubmissionStatus:
    """Read what became of a submission."""
    with session() as opened:
        return read_status(opened, submission_id)
