"""Submissions: hand in, watch, publish, cancel."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from submissions import api_query, paging, store
from submissions.account_tables import Account
from submissions.accounts import hold_still, note_act
from submissions.api_access import Asking, Here, OwnAccount
from submissions.api_documents import (
    CheckDocument,
    FindingDocument,
    NewSubmission,
    Page,
    RequeuedDocument,
    SubmissionDocument,
)
from submissions.api_errors import ConflictError, ForbiddenError, NotFoundError, UnauthorizedError, findings_document
from submissions.database import session
from submissions.errors import SubmissionError
from submissions.handing_in import Request, check_request, hand_in
from submissions.quotas import refuse_many_unfinished
from submissions.reasons import Reason
from submissions.status import read_status
from submissions.status_document import status_document
from submissions.tables import Submission
from submissions.visibility import may_change, seen_submission
from submissions.waiting import failed_of

router = APIRouter(prefix="/submissions", tags=["submissions"])

CANCELLED_MESSAGE = "It was taken out of the queue by whoever handed it in, or by an admin of this board."
Key = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="Of your choice: a request that is sent again with its key is answered as before, and done once.",
    ),
]


@router.post(
    "",
    status_code=201,
    response_model=SubmissionDocument,
    responses={200: {"model": SubmissionDocument, "description": "The same was handed in before."}},
)
def create(asked: NewSubmission, own: OwnAccount, here: Here, idempotency_key: Key = None) -> Response:
    """Check a manifest with its uploaded files, record it, and queue its evaluations."""
    handed_in = hand_in(_request(asked, idempotency_key), own, here.check)
    here.announce(handed_in.queued)
    return JSONResponse(handed_in.answer.document, handed_in.answer.status_code)


@router.post("/check")
def check(asked: NewSubmission, own: OwnAccount, here: Here) -> CheckDocument:
    """Check what would be handed in, and store nothing."""
    found = check_request(_request(asked, None), own, here.check)
    findings = [FindingDocument.model_validate(findings_document(one)) for one in found.findings]
    return CheckDocument(acceptable=found.is_acceptable, findings=findings)


@router.get("")
def show_all(
    who: Asking,
    *,
    system: Annotated[str | None, Query(max_length=120)] = None,
    submitter: Annotated[str | None, Query(max_length=120)] = None,
    own: Annotated[bool, Query(description="Only what this account handed in.")] = False,
    after: paging.After = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page[SubmissionDocument]:
    """List submissions, newest first."""
    if own and who.account is None:
        raise UnauthorizedError("own: expected a token to say whose, found none.")
    with session() as opened:
        found, following = api_query.submissions(
            opened, who.account, system=system, submitter=submitter, own=own, after=after, limit=limit
        )
    documents = [_without_logs(status_document(one)) for one in found]
    return Page(items=[SubmissionDocument.model_validate(one) for one in documents], next=following)


@router.get("/{submission_id}", response_model=SubmissionDocument)
def show(submission_id: UUID, who: Asking) -> dict[str, Any]:
    """Say what became of a submission: status, progress, values, log."""
    with session() as opened:
        submission = _seen(opened, submission_id, who.account)
        document = status_document(read_status(opened, submission_id))
    return document if may_change(who.account, submission) else _without_logs(document)


@router.post("/{submission_id}/publish", response_model=SubmissionDocument)
def publish(submission_id: UUID, own: OwnAccount) -> dict[str, Any]:
    """Show a private submission to everybody; this cannot be undone."""
    with session() as opened:
        submission = _own(opened, submission_id, own)
        _refuse_hidden_successor(opened, submission)
        if submission.is_private:
            submission.is_private = False
            opened.add(submission)
            opened.flush()
            _note(opened, own, submission, "publish submission")
        return status_document(read_status(opened, submission_id))


@router.post("/{submission_id}/cancel")
def cancel(submission_id: UUID, own: OwnAccount) -> RequeuedDocument:
    """Take out of the queue what has not begun yet."""
    with session() as opened:
        submission = _own(opened, submission_id, own)
        queued = read_status(opened, submission_id).queued
        cancelled = [one for one in queued if _cancelled(opened, one)]
        _note(opened, own, submission, "cancel submission")
    return RequeuedDocument(evaluations=cancelled)


@router.post("/{submission_id}/requeue")
def requeue(submission_id: UUID, own: OwnAccount, here: Here) -> RequeuedDocument:
    """Have what failed through the board scored again; an admin may have everything that failed."""
    with session() as opened:
        submission = _own(opened, submission_id, own)
        found = failed_of(opened, submission_id, through_us=own.role != "admin")
        hold_still(opened, own)
        refuse_many_unfinished(opened, own, len(found))
        requeued = [one for one in found if store.requeue(opened, one)]
        _note(opened, own, submission, "requeue submission")
    here.announce(requeued)
    return RequeuedDocument(evaluations=requeued)


def _cancelled(opened: Session, evaluation_id: UUID) -> bool:
    return store.cancel(opened, evaluation_id, CANCELLED_MESSAGE, reason=Reason.WITHDRAWN)


def _without_logs(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what tells of the machines of the board, and makes lists long."""
    return {**document, "evaluations": [{**one, "log": []} for one in document["evaluations"]]}


def _request(asked: NewSubmission, key: str | None) -> Request:
    return Request(asked.manifest, asked.files, asked.private, asked.supersedes, key)


def _refuse_hidden_successor(opened: Session, submission: Submission) -> None:
    newer = opened.get(Submission, submission.superseded_by) if submission.superseded_by else None
    if newer is not None and newer.is_private:
        raise ConflictError(f"Submission {newer.id} took its place and is private. Publish that one.")


def _seen(opened: Session, submission_id: UUID, viewer: Account | None) -> Submission:
    try:
        return seen_submission(opened, submission_id, viewer)
    except SubmissionError as error:
        raise NotFoundError(str(error)) from None


def _own(opened: Session, submission_id: UUID, own: Account) -> Submission:
    found = _seen(opened, submission_id, own)
    if not may_change(own, found):
        raise ForbiddenError(f"Submission {submission_id} is not yours.")
    return found


def _note(opened: Session, own: Account, submission: Submission, act: str) -> None:
    """Keep what an admin did to somebody else's submission."""
    if submission.account_id != own.id:
        note_act(opened, own.name, act, str(submission.id), system=submission.system, submitter=submission.submitter)
