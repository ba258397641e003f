"""`rematch serve`: the board and, without a broker, a local worker, started and ended together."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

app = typer.Typer()

_APP = Path(__file__).with_name("app.py")
_PATIENCE = 15.0
_LOOK_SECONDS = 0.5
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
"""Between two starts of a worker that does not stay; one that lived longer than this starts anew with the first."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port of the board.", min=1, max=65535)] = 8501,
    address: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "localhost",
    *,
    with_worker: Annotated[
        bool,
        typer.Option("--worker/--no-worker", help="Without a broker: score here what is handed in, or only show."),
    ] = True,
) -> None:
    """Show the board in the browser and score what is handed in, until Ctrl-C."""
    from submissions.database import prepare

    prepare()
    typer.echo(f"The board is on http://{address}:{port} until you press Ctrl-C.", err=True)
    with _ended_by_signals(), _local_worker() if with_worker else _no_worker() as look_after:
        raise typer.Exit(_run_until_end(_board_command(port=port, address=address), look_after))


def _board_command(*, port: int, address: str) -> list[str]:
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none",
        "client.toolbarMode": "viewer",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(_APP), *flags]


def _run_until_end(command: list[str], look_after: Callable[[], None]) -> int:
    board = subprocess.Popen(command)
    try:
        while (ended := board.poll()) is None:
            look_after()
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        return 0
    else:
        return ended
    finally:
        _end(board)


def _no_worker() -> AbstractContextManager[Callable[[], None]]:
    """Leave scoring to others: a board needs neither the broker nor the right to write."""
    return nullcontext(lambda: None)


@contextmanager
def _local_worker() -> Iterator[Callable[[], None]]:
    """Run a local worker beside the board unless a broker is set, and end it whatever happens.

    Yields:
        A function to be called now and then: it starts the worker again some time after it died.
    """
    from worker.queue import is_embedded

    if not is_embedded():
        typer.echo("A broker is set, so scoring is left to the workers there: rematch worker starts one.", err=True)
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
            typer.echo(f"The local worker ended ({worker.returncode}); another starts in {pause:g} s.", err=True)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        elif due is not None and now >= due:
            _bring_back(worker.pid)
            worker, started, due = _start_worker(), now, None

    try:
        yield look_after
    finally:
        _end(worker)


def _start_worker() -> "subprocess.Popen[bytes]":
    # In a session of its own, so that Ctrl-C reaches it only through us, after the board has ended.
    return subprocess.Popen([sys.executable, "-m", "worker.local"], stdin=subprocess.DEVNULL, start_new_session=True)


def _bring_back(pid: int) -> None:
    """Queue again what an ended worker left running; if that cannot be done now, the next worker's reaper does it."""
    from sqlalchemy.exc import SQLAlchemyError

    from splits.errors import RematchError
    from worker.lost import bring_back

    try:
        bring_back(pid)
    except (RematchError, SQLAlchemyError) as error:
        typer.echo(f"warning: {error}", err=True)


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
