"""Ask something in a Python process of its own, which may die or hang without harm to this one."""

import json
import signal
import subprocess
import sys
from typing import Any

from splits.errors import RematchError
from splits.shown import shown


class ChildError(RematchError):
    """A process that did not come to its end."""


def ask_child(code: str, *, seconds: float) -> Any:
    """Run some Python in another process, and return the JSON document that is the last line it prints.

    Raises:
        ChildError: It failed, was killed, or took too long.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=seconds,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ChildError(f"it took more than {seconds:g} s") from None
    if done.returncode < 0:
        raise ChildError(f"its process was ended by {signal.Signals(-done.returncode).name}")
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines() or ["nothing was said"]
        raise ChildError(shown(said[-1]))
    return json.loads(lines[-1])
