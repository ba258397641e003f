"""Claims as cells of text, for files and for pages: reading them gives the same claims."""

from typing import Any

from evaluator.audit.claim import Claim
from submissions.claim_columns import BOTH
from submissions.claim_source import SOURCE_FIELDS, SourcedClaims


def cells_of(claim: Claim) -> dict[str, str]:
    """Return a claim as one text for each column; empty where nothing is said."""

    def counted(number: int | None) -> str:
        return "" if number is None else str(number)

    return {
        "table": claim.table,
        "row": claim.row,
        "column": claim.column,
        "system": claim.system,
        "variant": claim.variant,
        "ablation": claim.ablation,
        "dataset": claim.dataset,
        "protocol": claim.protocol or "",
        "printed_direction": claim.printed_direction,
        "direction": claim.direction.value if claim.direction else BOTH,
        "direction_reason": claim.direction_reason,
        "metric": claim.metric,
        "value": claim.printed.text,
        "scale": claim.printed.scale.value,
        "kind": claim.kind.value,
        "n_images": counted(claim.n_images),
        "n_captions": counted(claim.n_captions),
        "n_seeds": counted(claim.n_seeds),
        "seed": claim.seed or "",
        "reference": claim.reference,
        "note": claim.note,
    }


def claims_document(sourced: SourcedClaims) -> dict[str, Any]:
    """Return claims as a JSON document that can be imported again."""
    said = {name: text for name in SOURCE_FIELDS if (text := getattr(sourced.source, name))}
    claims = [{name: text for name, text in cells_of(claim).items() if text} for claim in sourced.claims]
    return {"source": sourced.source.name, **said, "claims": claims}
