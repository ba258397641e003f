"""Every write about audits, and their reading again: they are added, and never changed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from evaluator.errors import ClaimError
from submissions.audit_tables import Audit
from submissions.tables import now


def add_audit(
    session: Session, *, subject: str, source_id: UUID | None, document: Mapping[str, Any]
) -> tuple[Audit, bool]:
    """Keep an audit, unless the same was found before with the same versions; say whether it is new."""
    digest = hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
    insert: Insert
    if session.get_bind().dialect.name == "postgresql":
        insert = postgresql.insert(Audit).on_conflict_do_nothing()
    else:
        insert = sqlite.insert(Audit).on_conflict_do_nothing()
    values = {
        "id": uuid4(),
        "subject": subject,
        "source_id": source_id,
        "digest": digest,
        "created_at": now(),
        "document": dict(document),
    }
    is_new = bool(session.exec(insert.values(**values).returning(col(Audit.id))).all())
    stored = select(Audit).where(col(Audit.subject) == subject, col(Audit.digest) == digest)
    return session.exec(stored).one(), is_new


def read_audit(session: Session, audit_id: UUID) -> Audit:
    """Return an audit that was kept.

    Raises:
        ClaimError: There is none of that id.
    """
    found = session.get(Audit, audit_id)
    if found is None:
        raise ClaimError(f"There is no audit {audit_id}. `rematch audit --json` names the id of each that it keeps.")
    return found
