"""Rows and columns that repeat another: numbers of one system, dataset or K that stand in the place of others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet, Series, SeriesKey, key_of
from evaluator.audit.printed import Scale
from evaluator.audit.wording import joined, listed, titled

NAME = "repeated-numbers"

FEWEST_CELLS = 3
TELLING_STEPS = 20
"""Steps of the last digit, or hits, from 0 and from 1: what lies nearer agrees by chance too often to tell anything."""
FEWEST_FOR_NEAR = 6
"""Cells of a row, of which all but one are the same as those of another."""
FEWEST_ROWS = 3
"""Of a column."""

Values = tuple[tuple[object, Decimal], ...]
Column = dict[tuple[str, str, str], Claim]


class _Row(NamedTuple):
    """Everything that a source says of one system in one row of a table."""

    key: SeriesKey
    claims: tuple[Claim, ...]

    @property
    def values(self) -> Values:
        """Return the numbers with what they are of."""
        return tuple(((one.dataset, one.protocol, one.direction, one.metric), one.printed.value) for one in self.claims)


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return series, then nearly whole rows, then columns whose numbers stand there twice. Single runs are left out."""
    del others
    yield from _series(one for one in claims.series if one.key.seed is None)
    rows = _rows(claim for claim in claims if claim.seed is None)
    yield from _near_rows(rows)
    yield from _columns(claims)


def _series(series: Iterable[Series]) -> Iterator[AuditFinding]:
    """Return series with the same numbers; the directions and datasets of the same two rows as one finding."""
    first: dict[Values, Series] = {}
    pairs: defaultdict[tuple[SeriesKey, SeriesKey], list[tuple[Series, Series]]] = defaultdict(list)
    for one in series:
        values = tuple(sorted((metric, claim.printed.value) for metric, claim in one.claims.items()))
        if _n_telling(one.claims.values()) < FEWEST_CELLS:
            continue
        earlier = first.setdefault(values, one)
        if earlier is not one and not _is_quoted(earlier.key, one.key):
            pairs[_row(earlier.key), _row(one.key)].append((earlier, one))
    for found in pairs.values():
        cells = [claim for pair in found for part in pair for claim in part.claims.values()]
        told = "; ".join(f"{titled(a.key)} and {titled(b.key)} are both {listed(a.claims.values())}" for a, b in found)
        yield AuditFinding(NAME, Severity.WARNING, tuple(cells), f"{told}.", _INNOCENT)


def _n_telling(claims: Iterable[Claim]) -> int:
    """Count the shares with enough steps on either side; of other numbers, those with enough from 0."""
    return sum(_steps(claim) >= TELLING_STEPS for claim in claims)


def _steps(claim: Claim) -> Decimal:
    printed = claim.printed
    if printed.scale is Scale.PLAIN:
        return printed.value / printed.unit
    step = max(printed.unit, Decimal(1) / claim.n_queries) if claim.n_queries else printed.unit
    return min(printed.value, 1 - printed.value) / step


def _row(key: SeriesKey) -> SeriesKey:
    return key._replace(dataset="", protocol=None, direction=None, printed_direction="")


def _is_quoted(one: SeriesKey, other: SeriesKey) -> bool:
    """Whether two tables quote the same numbers that a system's authors report, be it beside different variants."""
    both = one.kind is other.kind is Kind.REPORTED and one.table != other.table
    return both and _quoted(one) == _quoted(other)


def _quoted(key: SeriesKey) -> tuple[object, ...]:
    return (key.system.casefold(), key.protocol or key.dataset, key.direction)


_INNOCENT = "The two are one system under two names, or so much alike that their rounded numbers agree by chance."


def _rows(claims: Iterable[Claim]) -> list[_Row]:
    found: defaultdict[SeriesKey, list[Claim]] = defaultdict(list)
    for claim in claims:
        found[_row(key_of(claim))].append(claim)
    return [_Row(key, tuple(cells)) for key, cells in found.items() if _n_telling(cells) >= FEWEST_FOR_NEAR]


def _near_rows(rows: Iterable[_Row]) -> Iterator[AuditFinding]:
    """Return pairs of rows that differ in one cell, by looking every row up once without each of its cells."""
    first: dict[tuple[object, Values], tuple[_Row, Claim]] = {}
    for row in rows:
        values = row.values
        for place, claim in enumerate(row.claims):
            rest = (values[place][0], values[:place] + values[place + 1 :])
            earlier, differing = first.setdefault(rest, (row, claim))
            if earlier is not row and differing.printed.value != claim.printed.value and not _are_quoted(earlier, row):
                yield AuditFinding(
                    NAME,
                    Severity.NOTE,
                    (differing, claim),
                    f"{titled(earlier.key)} and {titled(row.key)} agree in {len(values) - 1} of {len(values)} cells and"
                    f" differ only in {claim.column}: {differing.printed} and {claim.printed}.",
                    "The two are nearly the same system.",
                )


def _are_quoted(one: _Row, other: _Row) -> bool:
    return any(_is_quoted(key_of(a), key_of(b)) for a, b in zip(one.claims, other.claims, strict=True))


def _columns(claims: ClaimSet) -> Iterator[AuditFinding]:
    """Return columns of one table and kind that agree in every row: another K, direction or dataset."""
    columns: defaultdict[tuple[object, ...], Column] = defaultdict(dict)
    for one in claims:
        if one.seed is None:
            key = (one.table, one.kind, one.ablation, one.dataset, one.protocol, one.direction, one.metric)
            columns[key].setdefault((one.row, one.system, one.variant), one)
    first: dict[Values, Column] = {}
    for column in columns.values():
        values = tuple(sorted((row, claim.printed.value) for row, claim in column.items()))
        earlier = first.setdefault(values, column)
        if earlier is not column and len({value for _, value in values}) >= FEWEST_ROWS:
            one, other = (next(iter(cells.values())) for cells in (earlier, column))
            if one.table == other.table:
                names = joined(map(_title, (one, other)))
                yield AuditFinding(
                    NAME,
                    Severity.WARNING,
                    (*earlier.values(), *column.values()),
                    f"{one.table}: the columns {names} ({one.kind.value}) agree in all {len(values)} rows:"
                    f" {', '.join(str(claim.printed) for claim in column.values())}.",
                )


def _title(claim: Claim) -> str:
    return " ".join(filter(None, [claim.protocol or claim.dataset, claim.direction, claim.metric]))


REPEATS = Check(NAME, "rows and columns that repeat another", find)
