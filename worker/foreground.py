"""Hand in a model and run it in this process: what `rematch run` does, with the records of any other submission."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from submissions.database import prepare, session
from submissions.errors import AlreadySubmittedError
from worker.bar import ProgressBar
from worker.desk import Desk
from worker.following import Say, follow, read
from worker.jobs import run_task

if TYPE_CHECKING:
    from submissions.findings import Checked
    from submissions.manifest import Manifest
    from submissions.status import SubmissionStatus


def hand_in_and_run(manifest: "Manifest", desk: Desk, *, say: Say) -> "SubmissionStatus":
    """Check a manifest of this machine, record it, and run here what of it is not done.

    Args:
        manifest: What to run.
        desk: Where to run it.
        say: Takes what the user should know meanwhile.

    Raises:
        RematchError: Something is wrong with it, or the data is not here; nothing was stored.
    """
    checked = check_own(manifest, desk)
    prepare()
    submission_id = _recorded(checked, say)
    with ProgressBar() as bar:
        here = replace(desk, tell=bar.tell)
        for evaluation_id in read(submission_id).queued:
            # One task may have done the next ones too: they are then nobody's to run.
            run_task(evaluation_id, desk=here)
    return follow(submission_id, None, say=say)


def check_own(manifest: "Manifest", desk: Desk) -> "Checked":
    """Check a manifest whose data and weights must be on this machine.

    Raises:
        SubmissionRefusedError: With every problem.
        DataError: Pictures or captions are missing here.
    """
    from splits.content import load_content
    from submissions.check import check_manifest
    from submissions.grounds import Grounds
    from submissions.intake import SubmissionRefusedError
    from worker.own_manifest import ROOT

    checked = check_manifest(manifest, ROOT / "manifest")
    if not checked.is_acceptable:
        raise SubmissionRefusedError(checked.errors)
    grounds = Grounds.of(ROOT, manifest, checked.split_file)
    names = dict.fromkeys(name for run in manifest.runs for name in manifest.protocols_of(run))
    splits = {split.digest: split for _, split in map(grounds.ground, names)}
    for split in splits.values():
        load_content(split, folder=desk.data)
    return checked


def _recorded(checked: "Checked", say: Say) -> UUID:
    from submissions.intake import record
    from submissions.renewal import renew

    try:
        with session() as opened:
            submission_id = record(opened, checked).id
    except AlreadySubmittedError as known:
        with session() as opened:
            renew(opened, checked, known.submission_id)
        say(f"The same was run before, as submission {known.submission_id}; what is done is not run again.")
        return known.submission_id
    say(f"Recorded as submission {submission_id}.")
    return submission_id
