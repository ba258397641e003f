"""Read claims from the database: which sources there are, and what one of them says now."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func
from sqlalchemy.orm import aliased, selectinload
from sqlmodel import Session, col, select

from evaluator.errors import ClaimError
from splits.catalog import near_names
from submissions.audit_tables import ClaimSource, StoredClaim
from submissions.claim_records import sourced_claims_of
from submissions.claim_source import SourcedClaims


class ListedSource(NamedTuple):
    """A source with what there is of it."""

    record: ClaimSource
    kinds: Mapping[str, int]
    """How many claims of each kind."""
    n_systems: int


def current_source(session: Session, name: str) -> ClaimSource | None:
    """Return the newest version of a source, None where there is none."""
    named = select(ClaimSource).where(col(ClaimSource.name) == name)
    return session.exec(named.order_by(col(ClaimSource.version).desc()).limit(1)).first()


def listed_sources(session: Session) -> list[ListedSource]:
    """Return the newest version of every source, by name."""
    newer = aliased(ClaimSource)
    current = (
        select(ClaimSource)
        .outerjoin(newer, and_(col(newer.name) == ClaimSource.name, col(newer.version) > ClaimSource.version))
        .where(col(newer.id).is_(None))
        .order_by(col(ClaimSource.name))
    )
    kinds: dict[UUID, Counter[str]] = {}
    counted = select(StoredClaim.source_id, StoredClaim.kind, func.count()).group_by(
        col(StoredClaim.source_id), col(StoredClaim.kind)
    )
    for source_id, kind, number in session.exec(counted):
        kinds.setdefault(source_id, Counter())[kind] = number
    systems = select(StoredClaim.source_id, func.count(col(StoredClaim.system).distinct()))
    n_systems = dict(session.exec(systems.group_by(col(StoredClaim.source_id))).all())
    return [ListedSource(one, kinds.get(one.id, {}), n_systems.get(one.id, 0)) for one in session.exec(current)]


def claims_of(session: Session, name: str) -> SourcedClaims:
    """Return the claims of the newest version of a source.

    Raises:
        ClaimError: There is no such source.
    """
    found = current_source(session, name)
    if found is None:
        known = sorted(session.exec(select(ClaimSource.name).distinct()))
        raise ClaimError(
            f"There is no source named {name[:80]!r}.{near_names(name[:80], known)} Known names: {', '.join(known)}."
        )
    return claims_of_version(session, found.id)


def claims_of_version(session: Session, source_id: UUID) -> SourcedClaims:
    """Return the claims of one version of a source, as an audit refers to it."""
    query = select(ClaimSource).where(col(ClaimSource.id) == source_id)
    claims = ClaimSource.claims
    return sourced_claims_of(session.exec(query.options(selectinload(claims))).one())  # type: ignore[arg-type]
