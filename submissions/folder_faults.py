"""What the file system says when something is wrong with the folder of stored files, in words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from submissions.errors import ArtifactError


@contextmanager
def storing(source: Path, root: Path) -> Iterator[None]:
    """Turn whatever keeps a file from being stored into one message.

    Raises:
        ArtifactError: With what to do.
    """
    try:
        yield
    except OSError as error:
        raise ArtifactError(
            f"{source} cannot be stored under {root}: {os.strerror(error.errno or 0)}."
            " Check the free space and the permissions of that folder (REMATCH_ARTIFACTS_URL)."
        ) from error


@contextmanager
def reading(sha256: str, root: Path) -> Iterator[None]:
    """Turn whatever keeps a stored file from being read into one message.

    Raises:
        ArtifactError: With what to do.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ArtifactError(missing_message(sha256, root)) from error
    except OSError as error:
        raise ArtifactError(
            f"The stored file {sha256} cannot be read in {root}: {os.strerror(error.errno or 0)}."
            " Check the disk and the permissions of that folder (REMATCH_ARTIFACTS_URL)."
        ) from error


def missing_message(sha256: str, root: Path) -> str:
    """Say that a stored file is not there."""
    return (
        f"The stored file {sha256} is missing from {root}. Restore that folder from its backup, or point"
        " REMATCH_ARTIFACTS_URL to the folder that holds it."
    )
