"""The end of a command that its user stops: one line, and the exit code that shells expect."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def told_when_stopped() -> Iterator[None]:
    """Say what is kept and how to go on where SIGINT or SIGTERM ends the block; exit with 128 and its number."""
    from worker.local import StoppedError

    try:
        yield
    except (StoppedError, KeyboardInterrupt) as stopped:
        number = stopped.signal if isinstance(stopped, StoppedError) else signal.SIGINT
        typer.echo(
            "Stopped. What is encoded and scored so far is kept, and nothing runs any more. To go on: the same command"
            " again.",
            err=True,
        )
        raise typer.Exit(128 + number) from None
