"""Files that are there wholly or not at all, and one message where there is no room for them."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluator.model import ModelError

UNFINISHED = ".unfinished-"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name, and give it its own once every byte is on the disk.

    Raises:
        ModelError: The disk is full, or the folder cannot be written; nothing is left behind.
    """
    unfinished = path.with_name(f"{UNFINISHED}{path.name}")
    with refusing_faults(path.parent):
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


def remove_unfinished(folder: Path) -> None:
    """Remove what a killed process left of files it was writing; only for whoever holds the folder's lock."""
    for path in folder.glob(f"{UNFINISHED}*"):
        path.unlink(missing_ok=True)


@contextmanager
def refusing_faults(folder: Path) -> Iterator[None]:
    """Say in one message why a folder of embeddings or scores cannot be written.

    Raises:
        ModelError: Naming the folder, the room that is left, and what to do.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
            free = shutil.disk_usage(nearest).free
            problem = f"there is no room: {free / 1e6:,.1f} MB are free. Free some space"
        else:
            problem = f"it cannot be written: {error.strerror or error}. Make it writable"
        raise ModelError(
            f"What is computed is kept in {folder}, but {problem}, or set REMATCH_HOME to a folder with room. What is"
            " kept already stays: run the same command again and it goes on from there."
        ) from error
