"""Clear away what hand-ins that failed or were killed left in the store of files."""

import time
from contextlib import suppress
from pathlib import Path

from sqlmodel import Session

from submissions.artifacts import STAGING, UNSETTLED, ArtifactStore
from submissions.tables import Artifact

DAY = 24 * 3600.0


def clear_leftovers(session: Session, store: ArtifactStore, *, older_seconds: float = DAY) -> int:
    """Remove half copied files, and published ones that no record refers to; return how many files that were.

    Only what was never settled is looked at, so that files of other records than these, as with two databases over
    one folder, are left alone.

    Args:
        session: The database.
        store: The files.
        older_seconds: How long ago something must have been left: a hand-in may still be under way.

    Raises:
        OSError: The folder cannot be read or changed.
    """
    n_removed = 0
    for path in _old_files(store.root / STAGING, older_seconds):
        path.unlink(missing_ok=True)
        n_removed += 1
    for mark in _old_files(store.root / UNSETTLED, older_seconds):
        if session.get(Artifact, mark.name) is not None:
            store.settle([mark.name])
        else:
            n_removed += _discard(store, mark.name, older_seconds)
    return n_removed


def _discard(store: ArtifactStore, sha256: str, older_seconds: float) -> bool:
    """Remove a file that nothing refers to, unless it is being handed in again at this very moment."""
    final, aside = store.location(sha256), store.root / STAGING / f"{sha256}.leftover"
    with suppress(FileNotFoundError):
        final.replace(aside)
    # Whoever hands it in renews the mark before the file, and takes it away last.
    if _is_old(store.mark(sha256), older_seconds):
        aside.unlink(missing_ok=True)
        store.mark(sha256).unlink(missing_ok=True)
        return True
    with suppress(FileNotFoundError):
        aside.replace(final)
    return False


def _old_files(folder: Path, older_seconds: float) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if _is_old(path, older_seconds)] if folder.is_dir() else []


def _is_old(path: Path, older_seconds: float) -> bool:
    try:
        return path.stat().st_mtime < time.time() - older_seconds
    except FileNotFoundError:
        return False
