"""The worker without a broker: it takes its work from the database, and runs the same jobs."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions import waiting
from submissions.database import prepare, session
from submissions.logs import set_up_logs
from worker.desk import Desk
from worker.fresh_process import leave_lost_device
from worker.jobs import run_evaluation
from worker.lost import bring_back
from worker.memory_limit import limited_memory
from worker.orphan import end_with
from worker.reaper import reap
from worker.settings import get_settings

logger = logging.getLogger(__name__)

DRAIN_PATIENCE_SECONDS = 60.0
"""Long enough for all attempts of an evaluation; what waits for somebody to mend something is left queued."""
MAX_FAULTS = 5
"""How many faults in a row, such as a locked database, a worker that is to end by itself sits out."""
LONGEST_PAUSE_SECONDS = 30.0
_FAULTS = (SQLAlchemyError, RematchError)

_told_to_stop = threading.Event()


class StoppedError(BaseException):
    """Raised in the midst of the work by SIGTERM or SIGINT, so that it goes back into the queue."""

    def __init__(self, told_by: signal.Signals) -> None:
        """Keep which of them it was."""
        super().__init__(told_by.name)
        self.signal = told_by


def drain(*, patience_seconds: float = 0.0, max_faults: int | None = MAX_FAULTS) -> int:
    """Run what is queued, in this process, until nothing is due; return how many evaluations were run.

    Args:
        patience_seconds: The longest wait for what is to be tried again after a fault of ours.
        max_faults: After how many faults in a row, such as a locked database, to give up; None for never.
    """
    desk, n_run, n_faults = Desk(), 0, 0
    reaped, lost, evaluation_id = False, None, None
    while True:
        try:
            if not reaped:
                reap()
                reaped = True
            if lost is not None:
                bring_back(os.getpid(), only=[lost])
                lost = None
            evaluation_id, wait = _next()
            if evaluation_id is not None:
                # None: another worker was faster; the next look finds another evaluation.
                n_run += run_evaluation(evaluation_id, desk=desk) is not None
                leave_lost_device()
            elif wait is not None and wait <= patience_seconds:
                # A moment at the least, for clocks that are not quite the same.
                time.sleep(min(wait, get_settings().poll_seconds) + 0.01)
            else:
                return n_run
            n_faults = 0
        except _FAULTS as fault:
            n_faults += 1
            if _told_to_stop.is_set() or n_faults == max_faults:
                raise
            # What came of it could not be recorded: it must not look as if it were running.
            lost, evaluation_id = evaluation_id or lost, None
            _sit_out(fault, n_faults)


def run_forever() -> None:
    """Run what is queued, now and later, until told to stop; no fault of the database ends it."""
    while True:
        drain(max_faults=None)
        next_reaping = time.monotonic() + get_settings().reap_seconds
        n_faults = 0
        while time.monotonic() < next_reaping:
            time.sleep(get_settings().poll_seconds)
            try:
                if _next()[0] is not None:
                    break
                n_faults = 0
            except _FAULTS as fault:
                n_faults += 1
                _sit_out(fault, n_faults)


def _next() -> tuple[UUID | None, float | None]:
    """Return what to run next or, where nothing is due, how long until something is."""
    with session() as opened:
        evaluation_id = waiting.next_queued(opened)
        return evaluation_id, waiting.seconds_until_due(opened) if evaluation_id is None else None


def _sit_out(fault: Exception, n_faults: int) -> None:
    """Wait after a fault, the longer the more there were in a row."""
    seconds = min(get_settings().poll_seconds * 2**n_faults, LONGEST_PAUSE_SECONDS)
    logger.warning("Fault %d in a row; going on in %g s.", n_faults, seconds, exc_info=fault)
    time.sleep(seconds)


@contextmanager
def stoppable(*, quietly: bool = True) -> Iterator[None]:
    """Turn the first SIGTERM or SIGINT into `StoppedError`, which ends the block, quietly or to be caught outside."""

    def stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        _told_to_stop.set()
        raise StoppedError(signal.Signals(number))

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _told_to_stop.clear()
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except StoppedError as stopped:
        logger.info("Stopped by %s; what was running is queued again.", stopped.signal.name)
        if not quietly:
            raise
    except _FAULTS:
        if not _told_to_stop.is_set():
            raise
        logger.warning("Stopped, but what was running could not be queued again: a reaper will.", exc_info=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: list[str] | None = None) -> None:
    """Run as a process until told to stop or, with `--drain`, until nothing is queued."""
    parser = argparse.ArgumentParser(prog="python -m worker.local", description="A worker without a broker.")
    parser.add_argument("--drain", action="store_true", help="end when nothing is queued")
    parser.add_argument("--with-parent", type=int, metavar="PID", help="end when this one, which started it, has")
    options = parser.parse_args(arguments)
    set_up_logs()
    with limited_memory(), stoppable():
        end_with(options.with_parent)
        prepare()
        logger.info("The local worker is ready.")
        if options.drain:
            n_run = drain(patience_seconds=DRAIN_PATIENCE_SECONDS)
            with session() as opened:
                n_left = waiting.count_queued(opened)
            left = f"{n_left} stay queued, to be tried again later" if n_left else "nothing is queued any more"
            logger.info("%d evaluations were run; %s.", n_run, left)
        else:
            run_forever()


if __name__ == "__main__":
    try:
        main()
    except RematchError as error:
        logger.error("%s", error)  # noqa: TRY400  # an error in words needs no traceback
        sys.exit(1)
