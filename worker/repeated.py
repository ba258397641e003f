"""The same model asked for again on this machine: what of it may go on, and what is no longer the same."""

import os
import socket
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from evaluator.weights.located import weights_digest
from splits.errors import RematchError
from submissions import store
from submissions.changed_weights import changed_weights
from submissions.database import session
from submissions.entry_query import Entry, read_entry
from submissions.tables import Status
from worker.lost import bring_back

if TYPE_CHECKING:
    from splits.content import Content


def take_up(submission_id: UUID) -> None:
    """Queue again what a process of this machine left running when it died, and what failed."""
    for run in _entry(submission_id).runs:
        host, _, process = (run.worker or "").partition(" ")[0].rpartition(":")
        if run.status is Status.RUNNING and host == socket.gethostname() and not _is_alive(process):
            bring_back(int(process), only=[run.evaluation_id])
    with session() as opened:
        for run in _entry(submission_id).runs:
            if run.status is Status.FAILED:
                store.requeue(opened, run.evaluation_id)


def refuse_changed(submission_id: UUID, contents: "dict[str, Content]") -> None:
    """Refuse to show old numbers for pictures, captions or weights that are others now.

    Args:
        submission_id: What was run before.
        contents: The present pictures and captions by the digest of their split.

    Raises:
        RematchError: Something that decides the numbers changed; says what, and what to do.
    """
    # Runs share their weights, of which every byte is read.
    digest_of = cache(weights_digest)
    for run in _entry(submission_id).runs:
        content = contents.get(run.split_digest)
        if run.status is not Status.SUCCEEDED or run.run_record is None or content is None:
            continue
        recorded = run.run_record["data"]
        changed = [
            what
            for what, digest in (("captions", content.captions_digest), ("pictures", content.pictures_digest))
            if recorded[f"{what}_digest"] != digest
        ]
        changed += ["weights"] if changed_weights(run, digest_of=digest_of) else []
        if changed:
            raise RematchError(
                f"The same was run before, as submission {submission_id}, with other {' and '.join(changed)} for"
                f" {run.split}. Its numbers stay as they are. Give what you have now a name of its own: --system NAME"
            )


def _entry(submission_id: UUID) -> Entry:
    with session() as opened:
        entry = read_entry(opened, submission_id)
    if entry is None:
        raise RematchError(f"Submission {submission_id} was removed just now. Run the same again.")
    return entry


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
