"""`rematch api`: the HTTP API and, without a broker, a local worker beside it."""

import os
import sys
from typing import Annotated

import typer


def api(
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    proxies: Annotated[
        str,
        typer.Option(help="Addresses of proxies in front, whose word on the client's address is taken."),
    ] = "127.0.0.1",
) -> None:
    """Serve the HTTP API until Ctrl-C."""
    from submissions.api_settings import get_api_settings
    from submissions.database import prepare
    from worker.beside import run_beside_worker
    from worker.queue import is_embedded

    get_api_settings()
    command = _command(host=host, port=port, proxies=proxies)
    if not is_embedded():
        # Nothing is left to do here: signals reach the server itself.
        os.execv(command[0], command)  # noqa: S606  # our own program, with a list of arguments
    prepare()
    typer.echo(f"The API is on http://{host}:{port}/api/v1 until you press Ctrl-C.", err=True)
    raise typer.Exit(run_beside_worker(command, say=lambda text: typer.echo(text, err=True)))


def _command(*, host: str, port: int, proxies: str) -> list[str]:
    options = {
        "host": host,
        "port": str(port),
        "forwarded-allow-ips": proxies,
        # Our own line for each request says more.
        "log-level": "warning",
        "timeout-keep-alive": "30",
        "timeout-graceful-shutdown": "20",
        "h11-max-incomplete-event-size": "65536",
    }
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    switches = ["--factory", "--no-access-log", "--no-server-header"]
    return [sys.executable, "-m", "uvicorn", "worker.serving:application", *switches, *flags]
