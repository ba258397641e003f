"""Numbers from papers as rows of a board: as printed, with a dagger, and never ranked among what was measured here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from evaluator.audit.claim import Claim, Kind
from submissions.claim_source import Source, SourcedClaims


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """One number with its digits."""

    digits: str
    scale: str


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """What one source says in one row of one table about one system on one board."""

    system: str
    source: Source
    table: str
    kind: str
    n_seeds: int | None
    numbers: dict[str, PrintedNumber] = field(default_factory=dict)
    """By the name of the board's column, such as `i2t R@1`."""

    @property
    def where(self) -> str:
        """Return where it is printed and how the source came by it."""
        return f"{self.source.title or self.source.name}; {self.table}; {self.kind}"


def claim_rows(sources: Iterable[SourcedClaims], protocol: str) -> list[ClaimRow]:
    """Collect what papers print about a protocol, in their order.

    Ablations are other systems, and single runs of a list of seeds are no result of a paper: both are left out. Of a
    number that a row of a table states twice, the first counts.
    """
    rows: dict[tuple[object, ...], ClaimRow] = {}
    for sourced in sources:
        for claim in sourced.claims:
            if claim.protocol != protocol or claim.kind is Kind.ABLATION or claim.seed is not None:
                continue
            key = (sourced.source.name, claim.table, claim.row, claim.name, claim.kind)
            row = ClaimRow(claim.name, sourced.source, claim.table, claim.kind.value, claim.n_seeds)
            own = rows.setdefault(key, row)
            own.numbers.setdefault(column_of(claim), PrintedNumber(claim.printed.text, claim.printed.scale.value))
    return list(rows.values())


def column_of(claim: Claim) -> str:
    """Name the column of a board that a claim is about."""
    return f"{claim.direction.value} {claim.metric}" if claim.direction else claim.metric


def with_numbers(rows: Sequence[ClaimRow], columns: Sequence[str], words: str = "") -> list[ClaimRow]:
    """Keep the rows with numbers in the columns shown, and only those, that hold every word of a search."""
    kept = []
    for row in rows:
        numbers = {name: row.numbers[name] for name in columns if name in row.numbers}
        haystack = f"{row.system} {row.where}".lower()
        if numbers and all(word in haystack for word in words.lower().split()):
            kept.append(replace(row, numbers=numbers))
    return kept
