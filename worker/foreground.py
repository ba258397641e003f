"""Hand in a model and run it in this process: what `rematch run` does, with the records of any other submission."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from submissions import store
from submissions.database import prepare, session
from submissions.errors import AlreadySubmittedError
from submissions.status import read_status
from submissions.tables import Status
from worker.bar import ProgressBar
from worker.desk import Desk
from worker.following import POLL_SECONDS, Say, read
from worker.jobs import run_task
from worker.local import stoppable
from worker.reaper import reap
from worker.repeated import refuse_changed, take_up

if TYPE_CHECKING:
    from splits.content import Content
    from splits.contents import Contents
    from submissions.findings import Checked
    from submissions.manifest import Manifest
    from submissions.status import SubmissionStatus

KEPT_SECONDS = 10 * 365 * 86400.0
"""How long what a command left is kept for the same command: until somebody queues it again for all."""


def hand_in_and_run(manifest: "Manifest", desk: Desk, *, say: Say) -> "SubmissionStatus":
    """Check a manifest of this machine, record it, and run here what of it is not done.

    Args:
        manifest: What to run.
        desk: Where to run it.
        say: Takes what the user should know meanwhile.

    Raises:
        RematchError: Something is wrong with it, or the data is not here; nothing was stored.
        StoppedError: The user stopped it; nothing of it is left running.
    """
    desk = replace(desk, contents=desk.at_hand(), is_watched=True)
    checked, contents = check_own(manifest, desk.at_hand())
    prepare()
    submission_id, waiting = _reserved(checked, contents, say)
    try:
        with ProgressBar() as bar, stoppable(quietly=False):
            here = desk.watched_by(bar)
            for evaluation_id in waiting:
                _reserve([evaluation_id], seconds=None)
                if run_task(evaluation_id, desk=here):
                    # What is missing here, or fails through us, does so for the rest as well.
                    break
    finally:
        # What is left stays with this command: another worker would not know its device and its data.
        _reserve(waiting, seconds=KEPT_SECONDS)
    return _ended(submission_id, say)


def _reserve(evaluation_ids: Sequence[UUID], *, seconds: float | None) -> None:
    with session() as opened:
        store.reserve(opened, evaluation_ids, seconds=seconds)


def _ended(submission_id: UUID, say: Say) -> "SubmissionStatus":
    """Return what became of a submission, once nothing of it runs in another process that lives."""
    told = False
    while True:
        found = read(submission_id)
        running = [one for one in found.evaluations if one.status is Status.RUNNING]
        if not running:
            return found
        if not told:
            say(f"Waiting for {running[0].worker}, which runs the same. Ctrl-C ends the waiting, not the run.")
            told = True
        reap()
        time.sleep(POLL_SECONDS)


def check_own(manifest: "Manifest", at_hand: "Contents") -> "tuple[Checked, dict[str, Content]]":
    """Check a manifest whose data and weights must be on this machine.

    Args:
        manifest: What to run.
        at_hand: Where its data is looked for.

    Raises:
        SubmissionRefusedError: With every problem.
        DataError: Pictures or captions are missing here.
        ModelError: Weights are missing here, or are not those that were named.
    """
    from evaluator.weights.located import check_weights
    from submissions.check import check_manifest
    from submissions.grounds import Grounds
    from submissions.intake import SubmissionRefusedError
    from submissions.model_check import weights_of
    from submissions.named_files import in_folder
    from worker.own_manifest import ROOT

    checked = check_manifest(manifest, ROOT / "manifest", contents=at_hand)
    if not checked.is_acceptable:
        raise SubmissionRefusedError(checked.errors)
    for weights in dict.fromkeys(one for run in checked.runs for one in weights_of(run)):
        check_weights(*weights)
    grounds = Grounds.of(in_folder(ROOT), manifest, checked.split_file, contents=at_hand)
    names = dict.fromkeys(name for run in manifest.runs for name in manifest.protocols_of(run))
    splits = {split.digest: split for _, split in map(grounds.ground, names)}
    return checked, {digest: at_hand.get(split) for digest, split in splits.items()}


def _reserved(checked: "Checked", contents: "dict[str, Content]", say: Say) -> tuple[UUID, list[UUID]]:
    """Record a submission, and keep what of it is to be run for this process, before any other can see it."""
    from submissions.intake import record
    from submissions.renewal import renew

    try:
        with session() as opened:
            submission_id = record(opened, checked).id
            waiting = read_status(opened, submission_id).queued
            store.reserve(opened, waiting, seconds=KEPT_SECONDS)
    except AlreadySubmittedError as known:
        submission_id = known.submission_id
        refuse_changed(submission_id, contents)
        take_up(submission_id)
        with session() as opened:
            renew(opened, checked, submission_id)
            waiting = read_status(opened, submission_id).queued
            store.reserve(opened, waiting, seconds=KEPT_SECONDS)
        say(f"The same was run before, as submission {submission_id}; what is done is not run again.")
    else:
        say(f"Recorded as submission {submission_id}.")
    return submission_id, list(waiting)
