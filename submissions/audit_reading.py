"""Read audits for those who look and never write: what was kept last, or else what costs no run to find out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, not_
from sqlmodel import Session, col, select

from evaluator.audit.against import returns
from evaluator.audit.check import examine
from evaluator.audit.claim_set import ClaimSet
from submissions.audit_cells import finding, system_return, verdict
from submissions.audit_code import audit_code
from submissions.audit_tables import Audit, ClaimSource
from submissions.audits import LAYOUT
from submissions.claim_match import Matching
from submissions.claim_query import claims_of_version, listed_sources
from submissions.claim_source import SourcedClaims
from submissions.held_claims import hold
from submissions.measured_query import measured_systems
from submissions.shipped_claims import read_shipped
from submissions.tables import Evaluation, Status, Submission
from submissions.visibility import is_public

MOST_CLAIMS = 5_000
"""Of all sources together: looking at more takes longer than a visitor waits, and only what was kept is shown."""
MOST_EVALUATIONS = 500
"""Beyond, reading every result to hold claims against takes too long."""


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """A source of claims, and what an audit finds of it."""

    sourced: SourcedClaims
    """The claims in the version that was looked at."""
    document: Mapping[str, Any] | None
    """The sections `findings`, `verdicts` and `returns`, with others where it was kept; None if nobody looked yet."""
    rematch: str
    """The version of the program that looked."""
    kept_id: UUID | None = None
    """None where it was looked at just now, and is not kept."""
    created_at: datetime | None = None
    is_outdated: bool = False
    """Whether claims, results or checks have changed since it was kept."""
    has_verdicts: bool = True
    """Whether claims were held against what was measured here."""


def state_of_audits(session: Session) -> str:
    """Name the state of what is claimed and was found: another when a source is imported or an audit kept."""
    counts = [
        session.exec(select(func.count(), func.max(table.created_at)).select_from(table)).one()
        for table in (ClaimSource, Audit)
    ]
    return "/".join(f"{n} {newest}" for n, newest in counts)


def read_audits(session: Session) -> dict[str, ReadAudit]:
    """Read every source with its newest kept audit, or with what forensics find just now; verdicts come by `held`."""
    from evaluator import __version__

    current = _current_sources(session)
    kept = _kept(session, current)
    few = sum(len(one.claims) for one in current.values()) <= MOST_CLAIMS
    made = {
        name: ReadAudit(one, _looked_at(one, current) if few else None, __version__)
        for name, one in current.items()
        if name not in kept
    }
    return {name: kept[name] if name in kept else made[name] for name in sorted(current)}


def held(session: Session, audits: Mapping[str, ReadAudit]) -> dict[str, ReadAudit]:
    """Hold against results what was not kept with its verdicts, and hide from what was kept what nobody may see now."""
    hidden = {str(one) for one in session.exec(select(Submission.id).where(not_(is_public())))}
    finished = select(func.count(), func.max(Evaluation.finished_at)).where(col(Evaluation.status) == Status.SUCCEEDED)
    n_evaluations, newest = session.exec(finished).one()
    few = n_evaluations <= MOST_EVALUATIONS
    matching = Matching(measured_systems(session) if n_evaluations and few else ())
    found = {}
    for name, one in audits.items():
        if one.created_at is not None:
            late = newest is not None and newest > one.created_at
            found[name] = replace(one, document=_without(one.document, hidden), is_outdated=one.is_outdated or late)
        elif one.document is not None:
            verdicts = [verdict(each) for each in hold(one.sourced.claims, matching)]
            found[name] = replace(one, document={**one.document, "verdicts": verdicts}, has_verdicts=few)
        else:
            found[name] = replace(one, has_verdicts=False)
    return found


def _current_sources(session: Session) -> dict[str, SourcedClaims]:
    """Return the newest version of each stored source, and those that come with the project and are not stored yet."""
    stored = {one.record.name: claims_of_version(session, one.record.id) for one in listed_sources(session)}
    return {one.source.name: one for one in read_shipped()} | stored


def _kept(session: Session, current: Mapping[str, SourcedClaims]) -> dict[str, ReadAudit]:
    digests = {name: one.digest for name, one in current.items()}
    return {
        record.subject: ReadAudit(
            sourced=claims_of_version(session, record.source_id) if record.source_id else current[record.subject],
            document=record.document,
            rematch=str(record.document["made_with"]["rematch"]),
            kept_id=record.id,
            created_at=record.created_at,
            is_outdated=_differs(record.document["made_with"], digests),
        )
        for record in _newest(session)
        if record.subject in current and record.document["layout"] == LAYOUT
    }


def _newest(session: Session) -> Iterator[Audit]:
    ordered = select(Audit.subject, Audit.id).order_by(col(Audit.created_at), col(Audit.id))
    newest = dict(session.exec(ordered).all())
    yield from (session.get_one(Audit, audit_id) for audit_id in newest.values())


def _differs(made_with: Mapping[str, Any], digests: Mapping[str, str]) -> bool:
    used = {one["name"]: one["digest"] for one in made_with["sources"]}
    return used != dict(digests) or made_with["audit_code"] != audit_code()


def _looked_at(own: SourcedClaims, every: Mapping[str, SourcedClaims]) -> dict[str, Any]:
    others = ClaimSet.of(claim for one in every.values() if one is not own for claim in one.claims)
    return {
        "subject": own.source.name,
        "findings": [finding(found) for found in examine(own.claims, others)],
        "verdicts": [],
        "returns": [system_return(one) for one in returns(own.claims, runs=others)],
    }


def _without(document: Mapping[str, Any] | None, hidden: Iterable[str]) -> dict[str, Any]:
    gone = set(hidden)

    def seen(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [row for row in rows if row["submission"] not in gone]

    told = dict(document or {})
    return told | {name: seen(told[name]) for name in ("verdicts", "explanations") if name in told}
