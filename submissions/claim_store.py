"""Every write about claims. Functions take a session first and never commit; nothing stored is ever changed."""

from dataclasses import asdict
from uuid import UUID, uuid4

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from evaluator.errors import ClaimError
from submissions.audit_tables import ClaimSource
from submissions.claim_query import current_source
from submissions.claim_records import record_of
from submissions.claim_source import SourcedClaims
from submissions.shipped_claims import check_own_name, read_shipped
from submissions.tables import now

_TRIES = 10
"""How often the next version of a source may be taken by somebody else meanwhile."""


def add_source(session: Session, sourced: SourcedClaims) -> tuple[ClaimSource, bool]:
    """Store somebody's claims as the next version of their source, and say whether they were new.

    Raises:
        ClaimError: The source is one that comes with the project, and says something else there.
    """
    check_own_name(sourced)
    return _add(session, sourced, shipped=False)


def sync_shipped(session: Session) -> None:
    """Store the claims that come with the project where they are missing or have changed."""
    for sourced in read_shipped():
        _add(session, sourced, shipped=True)


def _add(session: Session, sourced: SourcedClaims, *, shipped: bool) -> tuple[ClaimSource, bool]:
    for _ in range(_TRIES):
        found = current_source(session, sourced.source.name)
        if found is not None and found.digest == sourced.digest:
            return found, False
        source_id = uuid4()
        if _took_version(session, sourced, source_id, version=found.version + 1 if found else 1, shipped=shipped):
            records = [
                record_of(claim, source_id=source_id, position=position)
                for position, claim in enumerate(sourced.claims)
            ]
            session.add_all(records)
            session.flush()
            return session.get_one(ClaimSource, source_id), True
    raise ClaimError(f"The source {sourced.source.name} is being imported by others at the same time. Import it again.")


def _took_version(session: Session, sourced: SourcedClaims, source_id: UUID, *, version: int, shipped: bool) -> bool:
    """Insert a version of a source, unless somebody else has just done so."""
    insert: Insert
    if session.get_bind().dialect.name == "postgresql":
        insert = postgresql.insert(ClaimSource).on_conflict_do_nothing()
    else:
        insert = sqlite.insert(ClaimSource).on_conflict_do_nothing()
    values = {
        **asdict(sourced.source),
        "id": source_id,
        "version": version,
        "digest": sourced.digest,
        "shipped": shipped,
        "created_at": now(),
    }
    return bool(session.exec(insert.values(**values).returning(col(ClaimSource.id))).all())
