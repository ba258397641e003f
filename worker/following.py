"""From a recorded submission to its results: start the scoring, and follow it."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from submissions.database import session
from submissions.status import SubmissionStatus, read_status
from submissions.tables import Status
from worker.lost import bring_back
from worker.queue import BrokerError, enqueue_evaluations, is_embedded
from worker.settings import get_settings
from worker.spawned import spawn

if TYPE_CHECKING:
    import subprocess

POLL_SECONDS = 0.3
MAX_RESTARTS = 3
"""How often in a row, with nothing done in between, an ended local worker is replaced."""
Say = Callable[[str], None]


def start_scoring(evaluation_ids: Sequence[UUID], *, say: Say) -> "subprocess.Popen[bytes] | None":
    """Tell the queue of committed, queued evaluations; without a broker, start a local worker, which outlives us.

    Args:
        evaluation_ids: The evaluations.
        say: Takes what the user should know meanwhile.
    """
    if is_embedded():
        return spawn()
    try:
        enqueue_evaluations(evaluation_ids)
    except BrokerError as error:
        say(f"warning: {error}")
    return None


def follow(submission_id: UUID, process: "subprocess.Popen[bytes] | None", *, say: Say) -> SubmissionStatus:
    """Wait until nothing of a submission waits or runs, no local worker gets on with it, or the user has seen enough.

    A local worker that was killed is replaced, and what it was running is queued again at once.

    Args:
        submission_id: The submission.
        process: The local worker that was started for it, if any.
        say: Takes what the user should know meanwhile.
    """
    said: set[str] = set()
    n_restarts, n_left, next_reaping = 0, None, 0.0
    try:
        while True:
            # Asked before the look at the database, so that what the worker did last is seen.
            gone = process if process is not None and process.poll() is not None else None
            if gone is not None and time.monotonic() >= next_reaping:
                # What is left may run elsewhere, and nobody else may be looking after it.
                bring_back(gone.pid)
                next_reaping = time.monotonic() + get_settings().reap_seconds
            found = read(submission_id)
            for news in _news(found, said):
                say(news)
            n_restarts, n_left = n_restarts if found.n_unfinished == n_left else 0, found.n_unfinished
            if not found.n_unfinished:
                return found
            if gone is not None and _needs_a_worker(found, gone.returncode) and n_restarts < MAX_RESTARTS:
                say(f"The local worker {_ending(gone.returncode)}; starting another.")
                process, n_restarts, next_reaping = spawn(), n_restarts + 1, 0.0
            elif gone is not None and _is_stuck(found, gone.returncode):
                say(_why_it_ended(found, n_restarts))
                return found
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        say(f"\nScoring goes on. See what comes of it: rematch status {submission_id}")
        return read(submission_id)


def read(submission_id: UUID) -> SubmissionStatus:
    """Read what became of a submission."""
    with session() as opened:
        return read_status(opened, submission_id)


def _news(found: SubmissionStatus, said: set[str]) -> Iterator[str]:
    """Yield what was not said before; why something waits is said once, however often it is tried again."""
    done = f"{len(found.evaluations) - found.n_unfinished} of {len(found.evaluations)} evaluations done."
    if done not in said:
        said.add(done)
        yield done
    for one in found.evaluations:
        if not one.not_before or not one.message:
            continue
        which, due = f"runs[{one.position}] {one.protocol}:", f"(from {one.not_before:%H:%M:%S} UTC)"
        reason, told = f"{which} {one.message}", f"{which} {due}"
        if told not in said:
            yield f"{which} tried again, with the same outcome {due}" if reason in said else f"{reason} {due}"
            said |= {reason, told}


def _needs_a_worker(found: SubmissionStatus, returncode: int) -> bool:
    """Whether there is something that a new local worker could do that the ended one did not."""
    now = datetime.now(UTC)
    queued = [one for one in found.evaluations if one.status is Status.QUEUED]
    return any(returncode or one.not_before is None or one.not_before <= now for one in queued)


def _is_stuck(found: SubmissionStatus, returncode: int) -> bool:
    runs = any(one.status is Status.RUNNING for one in found.evaluations)
    return not runs or _needs_a_worker(found, returncode)


def _ending(returncode: int) -> str:
    if returncode == -signal.SIGKILL:
        return "was killed, perhaps for want of memory"
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"ended with exit code {returncode}" if returncode else "ended too early"


def _why_it_ended(found: SubmissionStatus, n_restarts: int) -> str:
    more = "See logs/worker.log under REMATCH_HOME for the reason. To go on: rematch worker --drain"
    unfinished = f"{found.n_unfinished} of {len(found.evaluations)} evaluations are unfinished and stay queued"
    if n_restarts >= MAX_RESTARTS:
        return f"{unfinished}: {n_restarts + 1} local workers ended without finishing one; nothing is lost. {more}"
    return f"{unfinished}, to be tried again later. {more}"
