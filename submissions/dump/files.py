"""Bring the files of a dump into the store, one at a time."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from submissions.artifacts import artifact_store
from submissions.dump.layout import artifact_of
from submissions.dump.members import READ_AHEAD, Member, members, opened
from submissions.dump.verification import Verified
from submissions.errors import ArtifactError
from submissions.settings import get_settings


@dataclass(frozen=True, slots=True)
class Kept:
    """Digests of the files of a dump."""

    stored: tuple[str, ...]
    """Those that were not there, or were damaged."""
    every: tuple[str, ...]


def keep_files(dump: Verified) -> Kept:
    """Store the files that are not in the store already; they count as unsettled until rows refer to them.

    Raises:
        ArtifactError: One cannot be stored.
    """
    stored, every = [], []
    with _folder() as folder, opened(dump.path) as stream:
        for member in members(stream):
            sha256 = artifact_of(member.name)
            if sha256 is None:
                continue
            every.append(sha256)
            if not _is_there(sha256, member.size):
                _store(member, sha256, folder)
                stored.append(sha256)
    return Kept(tuple(stored), tuple(every))


def _is_there(sha256: str, size: int) -> bool:
    """Whether the file is stored and whole, so that another database on the same store is not disturbed."""
    try:
        artifact_store().open_path(sha256, size)
    except ArtifactError:
        return False
    return True


def _store(member: Member, sha256: str, folder: Path) -> None:
    path = folder / sha256
    try:
        with path.open("wb") as target:
            shutil.copyfileobj(member.content, target, READ_AHEAD)
    except OSError as error:
        raise _unwritable(folder, error) from error
    artifact_store().keep({sha256: path})
    path.unlink()


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for one file at a time, which goes away again."""
    home = get_settings().home.absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=home, prefix="restore-")
    except OSError as error:
        raise _unwritable(home, error) from error
    with folder as name:
        yield Path(name)


def _unwritable(folder: Path, error: OSError) -> ArtifactError:
    return ArtifactError(
        f"A file of the dump cannot be written to {folder}: {os.strerror(error.errno or 0)}. Nothing was restored."
        " Check the free space and the permissions of that folder (REMATCH_HOME)."
    )
