"""`rematch serve`: the board and, without a broker, a local worker, started and ended together."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

app = typer.Typer()

_APP = Path(__file__).with_name("app.py")
_PATIENCE = 15.0


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port of the board.", min=1, max=65535)] = 8501,
    address: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "localhost",
) -> None:
    """Show the board in the browser and score what is handed in, until Ctrl-C."""
    from submissions.database import prepare

    prepare()
    typer.echo(f"The board is on http://{address}:{port} until you press Ctrl-C.", err=True)
    with _ended_by_signals(), _local_worker():
        raise typer.Exit(_run_until_end(_board_command(port=port, address=address)))


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


def _run_until_end(command: list[str]) -> int:
    board = subprocess.Popen(command)
    try:
        return board.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _end(board)


@contextmanager
def _local_worker() -> Iterator[None]:
    """Run a local worker beside the board unless a broker is set, and end it whatever happens."""
    from worker.queue import is_embedded

    if not is_embedded():
        typer.echo("A broker is set, so scoring is left to the workers there: rematch worker starts one.", err=True)
        yield
        return
    # In a session of its own, so that Ctrl-C reaches it only through us, after the board has ended.
    worker = subprocess.Popen([sys.executable, "-m", "worker.local"], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        _end(worker)


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
