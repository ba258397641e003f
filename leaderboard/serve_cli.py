"""`rematch serve`: the board and, without a broker, a local worker, started and ended together."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

_APP = Path(__file__).with_name("app.py")


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
    from worker.beside import run_beside_worker

    prepare()
    typer.echo(f"The board is on http://{address}:{port} until you press Ctrl-C.", err=True)
    command = _board_command(port=port, address=address)
    if not with_worker:
        # Nothing is left to do here: signals reach the board itself.
        os.execv(command[0], command)  # noqa: S606  # our own program, with a list of arguments
    raise typer.Exit(run_beside_worker(command, say=lambda text: typer.echo(text, err=True)))


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
    return [sys.executable, "-m", "leaderboard.board_server", "run", str(_APP), *flags]
