"""A program that answers people, and beside it a local worker where there is no broker: started and ended together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from worker.lost import bring_back
from worker.queue import is_embedded

_PATIENCE = 15.0
_LOOK_SECONDS = 0.5
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
"""Between two starts of a worker that does not stay; one that lived longer than this starts anew with the first."""
Say = Callable[[str], None]


def run_beside_worker(command: Sequence[str], *, say: Say) -> int:
    """Run a program until it ends or we are told to, with a local worker beside it unless a broker is set.

    Args:
        command: The program.
        say: Takes what whoever watches should know.

    Returns:
        Its exit code; 0 when we were told to end.
    """
    with _ended_by_signals(), _local_worker(say) as look_after:
        return _run_until_end(command, look_after)


def _run_until_end(command: Sequence[str], look_after: Callable[[], None]) -> int:
    program = subprocess.Popen(command)
    try:
        while (ended := program.poll()) is None:
            look_after()
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        return 0
    else:
        return ended
    finally:
        _end(program)


@contextmanager
def _local_worker(say: Say) -> Iterator[Callable[[], None]]:
    """Run a local worker unless a broker is set, and end it whatever happens.

    Yields:
        A function to be called now and then: it starts the worker again some time after it died.
    """
    if not is_embedded():
        say("A broker is set, so scoring is left to the workers there: rematch worker starts one.")
        yield lambda: None
        return
    worker, started = _start_worker(), time.monotonic()
    pause, due = _FIRST_PAUSE_SECONDS, None

    def look_after() -> None:
        nonlocal worker, started, pause, due
        now = time.monotonic()
        if due is None and worker.poll() is not None:
            pause = _FIRST_PAUSE_SECONDS if now - started > _LONGEST_PAUSE_SECONDS else pause
            due = now + pause
            say(f"The local worker ended ({worker.returncode}); another starts in {pause:g} s.")
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        elif due is not None and now >= due:
            _bring_back(worker.pid, say)
            worker, started, due = _start_worker(), now, None

    try:
        yield look_after
    finally:
        _end(worker)


def _start_worker() -> "subprocess.Popen[bytes]":
    # In a session of its own, so that Ctrl-C reaches it only through us, after the program has ended.
    command = [sys.executable, "-m", "worker.local", "--with-parent", str(os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def _bring_back(pid: int, say: Say) -> None:
    """Queue again what an ended worker left running; if that cannot be done now, the next worker's reaper does it."""
    try:
        bring_back(pid)
    except (RematchError, SQLAlchemyError) as error:
        say(f"warning: {error}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end things as Ctrl-C does, so that no child outlives the command."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    kept = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
