"""What was claimed, and what audits found of it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import col, select

from evaluator.errors import ClaimError
from submissions.api_access import Asking
from submissions.api_documents import AuditDocument, FullAuditDocument, SourceDocument
from submissions.api_errors import NotFoundError
from submissions.audit_store import read_audit
from submissions.audit_tables import Audit
from submissions.claim_query import claims_of, listed_sources
from submissions.claims_written import claims_document
from submissions.database import session

router = APIRouter()


@router.get("/claims", tags=["claims"])
def sources(_: Asking) -> list[SourceDocument]:
    """List the sources of claims."""
    with session() as opened:
        return [
            SourceDocument(
                name=one.record.name,
                version=one.record.version,
                title=one.record.title,
                citation=one.record.citation,
                url=one.record.url,
                n_systems=one.n_systems,
                n_claims=dict(one.kinds),
            )
            for one in listed_sources(opened)
        ]


@router.get("/claims/{source}", tags=["claims"])
def claims(source: str, _: Asking, system: Annotated[str | None, Query(max_length=200)] = None) -> dict[str, Any]:
    """Give the claims of a source as printed."""
    with session() as opened:
        try:
            found = claims_of(opened, source)
            found = found if system is None else found.of_system(system)
        except ClaimError as error:
            raise NotFoundError(str(error)) from None
    return claims_document(found)


@router.get("/audits", tags=["audits"])
def audits(
    _: Asking,
    subject: Annotated[str | None, Query(max_length=80, description="A source, or `board`.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AuditDocument]:
    """List the audits that were kept, newest first."""
    query = select(Audit.id, Audit.subject, Audit.created_at, Audit.digest)
    if subject is not None:
        query = query.where(col(Audit.subject) == subject)
    with session() as opened:
        rows = opened.exec(query.order_by(col(Audit.created_at).desc(), col(Audit.id)).limit(limit)).all()
    return [AuditDocument(id=one[0], subject=one[1], created_at=one[2], digest=one[3]) for one in rows]


@router.get("/audits/{audit_id}", tags=["audits"])
def audit(audit_id: UUID, _: Asking) -> FullAuditDocument:
    """Give an audit with everything that was found."""
    with session() as opened:
        try:
            found = read_audit(opened, audit_id)
        except ClaimError:
            raise NotFoundError(f"There is no audit {audit_id}. List them: GET /api/v1/audits") from None
        return FullAuditDocument.model_validate(found, from_attributes=True)
