"""Ablations that beat the full system in every cell: then the part taken away does harm, or a label is wrong."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet, SeriesKey, key_of
from evaluator.audit.wording import placed, titled
from evaluator.metric import METRICS

NAME = "ablation-wins"
FEWEST_CELLS = 3

Cells = dict[tuple[object, str], Claim]


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return every ablation that is better than the full system in all cells that both have."""
    del others
    blocks: defaultdict[SeriesKey, Cells] = defaultdict(dict)
    for claim in claims:
        blocks[_block(claim)].setdefault((claim.direction, claim.metric), claim)
    for key, ablated in blocks.items():
        full = _full(key, blocks) if key.kind is Kind.ABLATION else {}
        pairs = [(claim, full[cell]) for cell, claim in ablated.items() if cell in full]
        if len(pairs) >= FEWEST_CELLS and all(_beats(*pair) for pair in pairs):
            yield _finding(key, pairs)


def _block(claim: Claim) -> SeriesKey:
    """Return a key that both directions share; the row may name the ablation."""
    return key_of(claim)._replace(row="", direction=None, printed_direction="")


def _full(key: SeriesKey, blocks: Mapping[SeriesKey, Cells]) -> Cells:
    """Return the full system's cells: reproduced by the same hands, or as reported where those did not run it."""
    for kind in (Kind.REPRODUCED, Kind.REPORTED):
        if found := blocks.get(key._replace(kind=kind, ablation="")):
            return found
    return {}


def _beats(ablated: Claim, full: Claim) -> bool:
    if ablated.metric in METRICS and not METRICS[ablated.metric].higher_is_better:
        return ablated.printed.high < full.printed.low
    return ablated.printed.low > full.printed.high


def _finding(key: SeriesKey, pairs: list[tuple[Claim, Claim]]) -> AuditFinding:
    told = ", ".join(f"{placed(one)} {one.printed} against {full.printed}" for one, full in pairs)
    return AuditFinding(
        NAME,
        Severity.WARNING,
        tuple(claim for pair in pairs for claim in pair),
        f"{titled(key)} beats the {pairs[0][1].kind.value} full system in all {len(pairs)} cells: {told}.",
        "The part does harm in this setting; or the full system was trained worse than it can be; or the two were"
        " interchanged.",
    )


ABLATIONS = Check(NAME, "ablations that beat the full system in every cell", find)
