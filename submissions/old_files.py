"""Which files of a folder were left long ago, so that nobody works on them any more."""

import time
from pathlib import Path


def old_files(folder: Path, older_seconds: float) -> list[Path]:
    """Return what lies in a folder and was written so long ago; nothing where there is no folder.

    Raises:
        OSError: The folder cannot be read.
    """
    return [path for path in sorted(folder.iterdir()) if is_old(path, older_seconds)] if folder.is_dir() else []


def is_old(path: Path, older_seconds: float) -> bool:
    """Whether a file is there and was written so long ago."""
    try:
        return path.stat().st_mtime < time.time() - older_seconds
    except FileNotFoundError:
        return False
