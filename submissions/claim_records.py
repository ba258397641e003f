"""Claims as records of the database and back: what is stored is what was read, to the last digit."""

from uuid import UUID

from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Printed, Scale
from splits.split import Direction
from submissions.audit_tables import ClaimSource, StoredClaim
from submissions.claim_source import Source, SourcedClaims

_RENAMED = {"table": "printed_table", "row": "printed_row", "column": "printed_column"}
_SAME = (
    "system", "metric", "variant", "ablation", "dataset", "protocol", "printed_direction", "direction_reason",
    "n_images", "n_captions", "n_seeds", "seed", "reference", "note",
)  # fmt: skip


def record_of(claim: Claim, *, source_id: UUID, position: int) -> StoredClaim:
    """Return the record of a claim.

    Args:
        claim: The claim.
        source_id: The version of its source.
        position: Its place in printed order.
    """
    return StoredClaim(
        source_id=source_id,
        position=position,
        digits=claim.printed.text,
        scale=claim.printed.scale.value,
        kind=claim.kind.value,
        direction=claim.direction.value if claim.direction else None,
        **{stored: getattr(claim, name) for name, stored in _RENAMED.items()},
        **{name: getattr(claim, name) for name in _SAME},
    )


def claim_of(record: StoredClaim, *, source: str) -> Claim:
    """Return the claim of a record.

    Args:
        record: The record.
        source: The name of its source.
    """
    return Claim(
        source=source,
        printed=Printed(record.digits, Scale(record.scale)),
        kind=Kind(record.kind),
        direction=Direction(record.direction) if record.direction else None,
        **{name: getattr(record, stored) for name, stored in _RENAMED.items()},
        **{name: getattr(record, name) for name in _SAME},
    )


def sourced_claims_of(record: ClaimSource) -> SourcedClaims:
    """Return the claims of one version of a source, in printed order."""
    said = ("name", "title", "citation", "url", "licence", "note")
    return SourcedClaims(
        Source(**{name: getattr(record, name) for name in said}),
        ClaimSet.of(claim_of(one, source=record.name) for one in record.claims),
    )
