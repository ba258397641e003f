"""The claims that a board can show beside its results: of what comes with the project, and of what was imported."""

from sqlmodel import Session

from submissions.claim_query import claims_of, listed_sources
from submissions.claim_source import SourcedClaims
from submissions.shipped_claims import read_shipped, shipped_names


def known_claims(session: Session) -> list[SourcedClaims]:
    """Return the newest claims of every source by name; those that come with the project need no import."""
    imported = (one.record.name for one in listed_sources(session))
    own = [claims_of(session, name) for name in imported if name not in shipped_names()]
    return sorted([*read_shipped(), *own], key=lambda sourced: sourced.source.name)
