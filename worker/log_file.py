"""What goes wrong inside a command, for whoever looks after it: in a file, not among what the user reads."""

import logging

from submissions.logs import set_up_logs
from submissions.settings import get_settings


def log_to_file(name: str) -> None:
    """Send everything that is logged to a file under `logs` of the home; to nowhere, if it cannot be written."""
    path = get_settings().home / "logs" / name
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, delay=True)
    except OSError:
        handler = logging.NullHandler()
    set_up_logs(handler)
