"""Take a submission in: checked, stored and recorded, all of it or nothing."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from submissions.artifacts import artifact_store
from submissions.check import check
from submissions.errors import AlreadySubmittedError, SubmissionError
from submissions.findings import Checked, CheckedFile, CheckedRun, Finding, Planned
from submissions.manifest import Manifest
from submissions.store import add_artifact, supersede
from submissions.tables import Evaluation, Submission, SubmittedRun

__all__ = ["SubmissionRefusedError", "check", "record", "submit"]


class SubmissionRefusedError(SubmissionError):
    """A submission with errors; nothing of it was stored."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        """The errors."""
        lines = [f"{finding.where}: {finding.message}" for finding in self.findings]
        super().__init__("\n".join([*lines, "Nothing was stored. Mend this and try again."]))


def submit(session: Session, manifest_path: Path, *, supersedes: UUID | None = None) -> Submission:
    """Check a manifest with its files, store the files, and record submission, runs and queued evaluations.

    Args:
        session: The database; the caller commits, and tells the queue after that.
        manifest_path: The manifest.
        supersedes: An earlier submission of the same submitter that this one replaces.

    Raises:
        SubmissionRefusedError: The check found errors.
        AlreadySubmittedError: The same was handed in before.
        SubmissionError: The submission to be replaced is not there, or not the submitter's.
        ArtifactError: A file cannot be stored, or changed since the check.
    """
    return record(session, check(manifest_path), supersedes=supersedes)


def record(session: Session, checked: Checked, *, supersedes: UUID | None = None) -> Submission:
    """Take in what was checked already; see `submit`."""
    if checked.manifest is None or not checked.is_acceptable:
        raise SubmissionRefusedError(checked.errors)
    digest = _digest(checked.manifest, checked)
    refuse_repeat(session, checked)
    if supersedes is not None:
        _refuse_superseding(session, supersedes, checked.manifest.submitter)
    _keep_files(session, checked)
    submission = _submission(checked.manifest, digest)
    try:
        with session.begin_nested():
            session.add(submission)
    except IntegrityError:
        # Somebody handed the same in at this very moment.
        _refuse_repeat(session, checked.manifest.submitter, digest)
        raise
    _add_runs(session, submission, checked)
    session.flush()
    if supersedes is not None and not supersede(session, supersedes, by=submission):
        _refuse_superseding(session, supersedes, submission.submitter)
    # After the last savepoint, whose end counts as a commit too.
    _settle_once_committed(session, checked)
    return submission


def refuse_repeat(session: Session, checked: Checked) -> None:
    """Refuse what the same submitter handed in before.

    Raises:
        AlreadySubmittedError: It was; says as which submission.
    """
    if checked.manifest is not None:
        _refuse_repeat(session, checked.manifest.submitter, _digest(checked.manifest, checked))


def _digest(manifest: Manifest, checked: Checked) -> str:
    """Digest what is handed in, whatever the files are called and however the manifest is laid out."""
    # Without what is left out: a key that a later version adds changes no digest.
    stated = manifest.model_dump(mode="json", exclude_none=True)
    for run, checked_run in zip(stated["runs"], checked.runs, strict=True):
        if checked_run.file is not None:
            run["file" if checked_run.order is None else "weights"] = checked_run.file.content.sha256
    if checked.split_file is not None:
        stated["split"] = checked.split_file.content.sha256
    return hashlib.sha256(json.dumps(stated, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _refuse_repeat(session: Session, submitter: str, digest: str) -> None:
    known = session.exec(
        select(Submission.id).where(col(Submission.submitter) == submitter, col(Submission.digest) == digest)
    ).first()
    if known is not None:
        raise AlreadySubmittedError(known)


def _refuse_superseding(session: Session, submission_id: UUID, submitter: str) -> None:
    earlier = session.get(Submission, submission_id, populate_existing=True)
    if earlier is None:
        raise SubmissionError(f"There is no submission {submission_id} to replace. List what there is: rematch status")
    if earlier.submitter != submitter:
        raise SubmissionError(
            f"Submission {submission_id} is of {earlier.submitter!r}; {submitter!r} cannot replace it."
            " Only its own submitter can."
        )
    if earlier.superseded_by is not None:
        raise SubmissionError(
            f"Submission {submission_id} was replaced already, by {earlier.superseded_by}. Replace that one instead."
        )


def files_of(checked: Checked) -> dict[str, CheckedFile]:
    """Return the files of a submission by their SHA-256, in one order for all, so that no two transactions deadlock."""
    files = [run.file for run in checked.runs if run.file is not None]
    if checked.split_file is not None:
        files.append(checked.split_file)
    return {file.content.sha256: file for file in sorted(files, key=lambda file: file.content.sha256)}


def _keep_files(session: Session, checked: Checked) -> None:
    files = files_of(checked)
    artifact_store().keep({sha256: file.path for sha256, file in files.items()})
    for sha256, file in files.items():
        add_artifact(session, sha256=sha256, size=file.content.size, filename=(file.name or file.path.name)[:255])


def _settle_once_committed(session: Session, checked: Checked) -> None:
    store, digests = artifact_store(), list(files_of(checked))
    event.listen(session, "after_commit", lambda _: store.settle(digests), once=True)


def _submission(manifest: Manifest, digest: str) -> Submission:
    return Submission(
        system=manifest.system,
        submitter=manifest.submitter,
        setting=manifest.setting,
        deterministic=manifest.deterministic,
        manifest=manifest.model_dump(mode="json", exclude_none=True),
        digest=digest,
    )


def _add_runs(session: Session, submission: Submission, checked: Checked) -> None:
    split_file = checked.split_file.content.sha256 if checked.split_file else None
    for checked_run in checked.runs:
        run = _submitted_run(submission.id, checked_run, split_file)
        session.add(run)
        session.add_all(planned_evaluation(run.id, planned) for planned in checked_run.planned)


def _submitted_run(submission_id: UUID, checked_run: CheckedRun, split_file_sha256: str | None) -> SubmittedRun:
    stated = checked_run.stated
    return SubmittedRun(
        submission_id=submission_id,
        position=checked_run.position,
        artifact_sha256=checked_run.file.content.sha256 if checked_run.file else None,
        format=checked_run.format,
        model=checked_run.order.document() if checked_run.order else None,
        orientation=stated.orientation,
        seed=stated.seed,
        seed_governs=list(stated.seed_governs),
        split_file_sha256=split_file_sha256,
    )


def planned_evaluation(run_id: UUID, planned: Planned) -> Evaluation:
    """Return the record of an evaluation that is still to be run."""
    from evaluator import __version__

    return Evaluation(
        run_id=run_id,
        protocol=planned.protocol,
        protocol_version=planned.protocol_version,
        split=planned.split,
        split_digest=planned.split_digest,
        judgments=planned.judgments,
        centricity=planned.centricity,
        seed=planned.seed,
        queue=planned.queue,
        evaluator_version=__version__,
    )
