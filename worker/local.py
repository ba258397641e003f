"""The worker without a broker: it takes its work from the database, and runs the same jobs.

`python -m worker.local --drain` runs until nothing is queued; without the option it stays.
"""

import argparse
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from submissions import store
from submissions.database import prepare, session
from submissions.settings import get_settings as get_places
from worker.jobs import run_evaluation
from worker.reaper import reap
from worker.settings import get_settings

logger = logging.getLogger(__name__)

_spawned: "list[subprocess.Popen[bytes]]" = []
"""Kept, because Python complains of a process that outlives the object it is known by."""


class StoppedError(BaseException):
    """Raised in the midst of the work by SIGTERM or SIGINT, so that it goes back into the queue."""


def drain() -> int:
    """Run what is queued, in this process, until nothing is; return how many evaluations were run."""
    reap()
    n_run = 0
    while True:
        with session() as opened:
            evaluation_id = store.next_queued(opened)
        if evaluation_id is None:
            return n_run
        # None: another worker was faster; the next look finds another evaluation.
        n_run += run_evaluation(evaluation_id) is not None


def run_forever() -> None:
    """Run what is queued, now and later, until told to stop."""
    while True:
        drain()
        next_reaping = time.monotonic() + get_settings().reap_seconds
        while time.monotonic() < next_reaping:
            time.sleep(get_settings().poll_seconds)
            with session() as opened:
                if store.next_queued(opened) is not None:
                    break


def spawn(*, drain_only: bool = True) -> "subprocess.Popen[bytes]":
    """Start a local worker as a process of its own, which outlives this one; it logs to `logs/worker.log`."""
    folder = get_places().home.absolute() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "worker.local", *(["--drain"] if drain_only else [])]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    _spawned[:] = [one for one in [*_spawned, process] if one.poll() is None]
    return process


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the first SIGTERM or SIGINT into `StoppedError`, and end the block quietly with it."""

    def stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise StoppedError(signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except StoppedError as stopped:
        logger.info("Stopped by %s; what was running is queued again.", stopped)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: list[str] | None = None) -> None:
    """Run as a process."""
    parser = argparse.ArgumentParser(prog="python -m worker.local", description="A worker without a broker.")
    parser.add_argument("--drain", action="store_true", help="end when nothing is queued")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with stoppable():
        prepare()
        logger.info("The local worker is ready.")
        if options.drain:
            logger.info("%d evaluations were run; nothing is queued any more.", drain())
        else:
            run_forever()


if __name__ == "__main__":
    main()
