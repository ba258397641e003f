"""A local worker as a process of its own, for whoever hands in where there is no broker."""

import subprocess
import sys

from splits.errors import RematchError
from submissions.settings import get_settings

_spawned: "list[subprocess.Popen[bytes]]" = []
"""Kept, as Python complains of a process that outlives the object it is known by."""


def spawn(*, drain_only: bool = True) -> "subprocess.Popen[bytes]":
    """Start a local worker as a process of its own, which outlives this one; it logs to `logs/worker.log`.

    Raises:
        RematchError: The log cannot be written, or no process be started.
    """
    folder = get_settings().home.absolute() / "logs"
    command = [sys.executable, "-m", "worker.local", *(["--drain"] if drain_only else [])]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
    except OSError as error:
        raise RematchError(
            f"No local worker can be started with its log in {folder}: {error.strerror}. What was handed in is safe."
            " Mend that, then run: rematch worker --drain"
        ) from error
    _spawned[:] = [one for one in [*_spawned, process] if one.poll() is None]
    return process
