"""Make an audit: look at claims and results, and keep what was found with the versions of all that was used."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from evaluator.audit.claim_set import ClaimSet
from submissions.audit_code import audit_code
from submissions.audit_of_board import sections_of_board
from submissions.audit_of_source import sections_of_source
from submissions.audit_store import add_audit, read_audit
from submissions.claim_query import claims_of, current_source, listed_sources
from submissions.claim_source import BOARD, SourcedClaims
from submissions.claim_store import sync_shipped
from submissions.database import session
from submissions.measured_query import MeasuredSystem, measured_systems

LAYOUT = 1
"""Of the document; raised when a key changes its meaning."""


@dataclass(frozen=True, slots=True)
class StoredAudit:
    """An audit as it is kept."""

    id: UUID
    subject: str
    created_at: datetime
    is_new: bool
    """Whether it is the first that found exactly this with exactly these versions."""
    document: dict[str, Any]


def audit(subjects: Sequence[str] | None = None, *, with_why: bool = False) -> list[StoredAudit]:
    """Audit some sources, and keep what is found.

    Nothing is written while it is computed, which may take long: others' work goes on.

    Args:
        subjects: Names of sources, or `board` for the board's own results; all of them if omitted.
        with_why: Whether stored scores are evaluated in other ways where a claim does not come back.

    Raises:
        ClaimError: There is no such source.
    """
    with session() as opened:
        sync_shipped(opened)
    with session() as opened:
        found = list(_looked_at(opened, subjects, with_why=with_why))
    with session() as opened:
        return [_keep(opened, one) for one in found]


def kept(opened: Session, audit_id: UUID) -> StoredAudit:
    """Return an audit that was kept.

    Raises:
        ClaimError: There is none of that id.
    """
    record = read_audit(opened, audit_id)
    return StoredAudit(record.id, record.subject, record.created_at, False, record.document)


@dataclass(frozen=True, slots=True)
class _Found:
    subject: str
    source_id: UUID | None
    document: dict[str, Any]


def _looked_at(opened: Session, subjects: Sequence[str] | None, *, with_why: bool) -> Iterator[_Found]:
    systems = measured_systems(opened)
    every = {one.record.name: claims_of(opened, one.record.name) for one in listed_sources(opened)}
    for name in dict.fromkeys(subjects or [*every, BOARD]):
        if name == BOARD:
            yield _Found(name, None, _document(opened, name, [], systems, sections_of_board(opened, systems)))
            continue
        own = every[name] if name in every else claims_of(opened, name)
        others = ClaimSet.of(claim for source, sourced in every.items() if source != name for claim in sourced.claims)
        sections = sections_of_source(opened, own.claims, others, systems, with_why=with_why)
        source = current_source(opened, name)
        document = _document(opened, name, every.values(), systems, sections, about=own)
        yield _Found(name, source.id if source else None, document)


def _keep(opened: Session, found: _Found) -> StoredAudit:
    record, is_new = add_audit(opened, subject=found.subject, source_id=found.source_id, document=found.document)
    return StoredAudit(record.id, record.subject, record.created_at, is_new, record.document)


def _document(
    opened: Session,
    subject: str,
    sources: Iterable[SourcedClaims],
    systems: Sequence[MeasuredSystem],
    sections: dict[str, Any],
    *,
    about: SourcedClaims | None = None,
) -> dict[str, Any]:
    return {
        "layout": LAYOUT,
        "subject": subject,
        "source": None if about is None else _about(about),
        "made_with": {**_versions(opened, sources), "evaluations": _used(sections, systems, subject)},
        **sections,
    }


def _about(sourced: SourcedClaims) -> dict[str, Any]:
    source = sourced.source
    return {
        "name": source.name,
        "title": source.title,
        "citation": source.citation,
        "url": source.url,
        "note": source.note,
        "n_claims": len(sourced.claims),
    }


def _versions(opened: Session, sources: Iterable[SourcedClaims]) -> dict[str, Any]:
    from evaluator import __version__

    names = (one.source.name for one in sources)
    records = [record for name in names if (record := current_source(opened, name)) is not None]
    return {
        "rematch": __version__,
        "audit_code": audit_code(),
        "sources": [{"name": one.name, "version": one.version, "digest": one.digest} for one in records],
    }


def _used(sections: dict[str, Any], systems: Sequence[MeasuredSystem], subject: str) -> list[dict[str, Any]]:
    """Return the evaluations behind the verdicts, or behind everything that is said of the board."""
    named = {one for row in sections.get("verdicts", []) for one in row["evaluations"]}
    return [
        {
            "id": str(one.id),
            "protocol": one.protocol,
            "protocol_version": one.version,
            "split_digest": one.split_digest,
            "evaluator_version": one.evaluator_version,
        }
        for system in systems
        for one in system.evaluations
        if subject == BOARD or str(one.id) in named
    ]
