"""What sources claim of one submission, and whether it holds: the part of an audit that is about it."""

from collections.abc import Iterator
from uuid import UUID

from sqlmodel import Session

from submissions.claim_match import Matching
from submissions.claim_query import claims_of, listed_sources
from submissions.claim_source import SourcedClaims
from submissions.held_claims import Held, hold
from submissions.measured_query import measured_systems
from submissions.shipped_claims import read_shipped, shipped_names


def claims_about(session: Session, submission_id: UUID) -> list[Held]:
    """Hold every claim that is of a current, public submission against what was measured of it; writes nothing."""
    systems = measured_systems(session, only=submission_id)
    if not systems:
        return []
    matching = Matching(systems)
    return [held for sourced in _sources(session) for held in hold(sourced.claims, matching)]


def _sources(session: Session) -> Iterator[SourcedClaims]:
    """Return what was imported, and of what comes with the project that which no audit has stored yet."""
    stored = [one.record.name for one in listed_sources(session)]
    yield from (claims_of(session, name) for name in stored)
    if set(shipped_names()) - set(stored):
        yield from (one for one in read_shipped() if one.source.name not in stored)
