"""Hand in over the HTTP API: files that were uploaded before and a manifest become a recorded, queued submission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from submissions.account_tables import Account, Upload
from submissions.accounts import hold_still
from submissions.api_documents import SubmissionDocument
from submissions.api_errors import ConflictError, RefusedError
from submissions.artifacts import StoredFile
from submissions.database import session
from submissions.errors import AlreadySubmittedError
from submissions.file_access import is_handed_in
from submissions.findings import Checked, Finding, Level
from submissions.held_files import files_held
from submissions.idempotency import Answer, earlier_answer, keep_answer, request_digest
from submissions.intake import record, refuse_repeat
from submissions.quotas import refuse_many_unfinished, refuse_over_quota
from submissions.renewal import renew
from submissions.status import SubmissionStatus, read_status
from submissions.status_document import status_document
from submissions.tables import Artifact, Submission
from submissions.uploaded_check import MANIFEST, Check, GoneError
from submissions.uploads import send_again
from submissions.visibility import may_change, may_see


@dataclass(frozen=True, slots=True)
class Request:
    """What is handed in."""

    manifest: Mapping[str, Any]
    files: Mapping[str, str]
    """The SHA-256 of every file, by the name that the manifest gives it."""
    is_private: bool = False
    supersedes: UUID | None = None
    key: str | None = None
    """The idempotency key."""

    @property
    def digest(self) -> str:
        """What tells it from other requests."""
        return request_digest([self.manifest, self.files, self.is_private, self.supersedes])


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What came of handing in."""

    answer: Answer
    queued: Sequence[UUID] = ()
    """The evaluations of which the queue is to be told."""


def check_request(request: Request, account: Account, check: Check) -> Checked:
    """Check what is to be handed in, and store nothing.

    Raises:
        ApiError: It cannot be looked at.
    """
    with session() as opened:
        contents = {name: _content(opened, account, name, sha256) for name, sha256 in request.files.items()}
    missing = [one for one in contents.values() if isinstance(one, Finding)]
    if missing:
        raise RefusedError(missing)
    files = {name: one for name, one in contents.items() if isinstance(one, StoredFile)}
    refused = _another_name(request, account)
    try:
        checked = check(request.manifest, files, account.name)
    except GoneError as gone:
        with session() as opened:
            send_again(opened, account, gone.sha256)
        raise ConflictError(
            f"{gone.name}: the file with SHA-256 {gone.sha256} is no longer there, or damaged: what is uploaded and not"
            " handed in is cleared away after a day. Upload it again."
        ) from None
    return checked if refused is None else _with(checked, refused)


@files_held()
def hand_in(request: Request, account: Account, check: Check) -> HandedIn:
    """Check, record and queue a submission; safe to repeat.

    Raises:
        RefusedError: The check found errors.
        QuotaError: It is one too many.
        ConflictError: It cannot replace what it names, or a file is gone meanwhile.
    """
    with session() as opened:
        known = earlier_answer(opened, account, request.key, request.digest)
    if known is not None:
        return HandedIn(known)
    checked = check_request(request, account, check)
    if not checked.is_acceptable:
        raise RefusedError(checked.findings)
    try:
        return _recorded(request, account, checked)
    except AlreadySubmittedError as repeated:
        return _renewed(repeated, account, checked)


def _recorded(request: Request, account: Account, checked: Checked) -> HandedIn:
    with session() as opened:
        hold_still(opened, account)
        known = earlier_answer(opened, account, request.key, request.digest)
        if known is not None:
            return HandedIn(known)
        # Before the quota: who only asks again what became of something is told.
        refuse_repeat(opened, checked)
        refuse_over_quota(opened, account, sum(len(run.planned) for run in checked.runs))
        _refuse_superseding(opened, request, account)
        submission = record(opened, checked, supersedes=request.supersedes)
        submission.account_id, submission.is_private = account.id, request.is_private
        opened.flush()
        found = read_status(opened, submission.id)
        answer = Answer(201, _told(found))
        keep_answer(opened, account, request.key, request.digest, answer)
    return HandedIn(answer, found.queued)


def _renewed(repeated: AlreadySubmittedError, account: Account, checked: Checked) -> HandedIn:
    """Answer with what the same became before; what failed through us is queued again."""
    with session() as opened:
        submission = opened.get_one(Submission, repeated.submission_id)
        if not may_see(account, submission):
            raise ConflictError(
                "The same was handed in under this submitter's name by somebody else. Ask the operator of this board."
            )
        hold_still(opened, account)
        renewed = renew(opened, checked, submission.id)
        refuse_many_unfinished(opened, account, 0)
        opened.flush()
        answer = Answer(200, _told(read_status(opened, submission.id)))
    return HandedIn(answer, renewed.queued)


def _told(found: SubmissionStatus) -> dict[str, Any]:
    return SubmissionDocument.model_validate(status_document(found)).model_dump(mode="json")


def _refuse_superseding(opened: Session, request: Request, account: Account) -> None:
    if request.supersedes is None:
        return
    earlier = opened.get(Submission, request.supersedes, populate_existing=True)
    if earlier is None or not may_change(account, earlier):
        raise ConflictError(f"There is no submission {request.supersedes} of yours to replace.")
    if request.is_private and not earlier.is_private:
        raise ConflictError(
            f"Submission {request.supersedes} is public, and a private one cannot take its place. Hand this in without"
            " 'supersedes', publish it, and then hand in the next one in its place."
        )


def _content(opened: Session, account: Account, name: str, sha256: str) -> StoredFile | Finding:
    own = select(Upload).where(col(Upload.account_id) == account.id, col(Upload.sha256) == sha256)
    upload = opened.exec(own).first()
    if upload is not None and upload.completed_at is not None:
        return StoredFile(sha256, upload.size)
    if is_handed_in(opened, account, sha256):
        return StoredFile(sha256, opened.get_one(Artifact, sha256).size)
    state = "has not arrived in full" if upload is not None else "was not uploaded"
    return Finding(Level.ERROR, name, f"The file with SHA-256 {sha256} {state}. Upload it first: POST /api/v1/uploads")


def _another_name(request: Request, account: Account) -> Finding | None:
    stated = request.manifest.get("submitter")
    if not isinstance(stated, str) or stated == account.name:
        return None
    message = f"submitter: expected {account.name!r}, the name of your account on this board, found {stated[:120]!r}."
    return Finding(Level.ERROR, MANIFEST, message)


def _with(checked: Checked, finding: Finding) -> Checked:
    return Checked(
        checked.manifest_path, checked.manifest, checked.runs, checked.split_file, (finding, *checked.findings)
    )
