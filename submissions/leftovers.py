"""Clear away what hand-ins that failed or were killed left in the store of files."""

from sqlmodel import Session

from submissions.artifacts import ArtifactStore
from submissions.tables import Artifact

DAY = 24 * 3600.0


def clear_leftovers(session: Session, store: ArtifactStore, *, older_seconds: float = DAY) -> int:
    """Remove half copied files, and published ones that no record refers to; return how many files that were.

    Only what was never settled is looked at, so that files of other records than these, as with two databases over
    one store, are left alone.

    Args:
        session: The database.
        store: The files.
        older_seconds: How long ago something must have been left: a hand-in may still be under way.

    Raises:
        ArtifactError: The store cannot be reached.
        OSError: The folder cannot be read or changed.
    """
    n_removed = store.remove_unfinished(older_seconds)
    for sha256 in store.unsettled(older_seconds):
        if session.get(Artifact, sha256) is not None:
            store.settle([sha256])
        else:
            n_removed += store.discard(sha256, older_seconds)
    return n_removed
