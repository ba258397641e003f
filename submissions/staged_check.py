"""The check of files that lie in a folder of their own for as long as it takes, as the board has them of a visitor.

It runs in a process that is started for it as a program of its own: the modules of multiprocessing would run the script
of the page again in each child, as Streamlit makes that the main module.
"""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from submissions.api_settings import get_api_settings
from submissions.artifacts import digest_of
from submissions.check_limits import limit_memory, needs_too_much, took_too_long
from submissions.findings import Checked, CheckedFile
from submissions.uploaded_check import check_opened


def check_staged(document: Mapping[str, Any], files: Mapping[str, Path]) -> Checked:
    """Check a manifest with its files in a child process, which ends with the check.

    Args:
        document: The manifest.
        files: By the names that the manifest gives them.

    Raises:
        UncheckableError: It took too long, too much memory, or ended the child.
    """
    seconds = get_api_settings().check_seconds
    asked = {"document": dict(document), "files": {name: str(path) for name, path in files.items()}}
    command = [sys.executable, "-m", "submissions.staged_check"]
    try:
        # What it logs goes where we log.
        done = subprocess.run(
            command, input=json.dumps(asked).encode(), stdout=subprocess.PIPE, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise took_too_long(seconds) from None
    if done.returncode:
        raise needs_too_much()
    # Written by our own program, from values that the check made: nothing of a file is in it.
    found: Checked = pickle.loads(done.stdout)  # noqa: S301
    return found


def check_files(document: Mapping[str, Any], files: Mapping[str, Path]) -> Checked:
    """Check a manifest with its files; see `check_staged`, which does so elsewhere."""
    return check_opened(
        document, lambda: {name: CheckedFile(path, digest_of(path), name) for name, path in files.items()}
    )


def main() -> None:
    """Check what standard input says, and write what was found to standard output."""
    answer = os.dup(1)
    # Whatever a library prints must not get between.
    os.dup2(2, 1)
    limit_memory(get_api_settings().check_memory_mb)
    asked = json.load(sys.stdin)
    checked = check_files(asked["document"], {name: Path(path) for name, path in asked["files"].items()})
    with os.fdopen(answer, "wb") as stream:
        pickle.dump(checked, stream)


if __name__ == "__main__":
    main()
