"""Rows and columns that repeat another: numbers of one system, dataset or K that stand in the place of others."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from math import prod
from typing import NamedTuple

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.checks.coincidence import chance_of, n_telling
from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet, Series, SeriesKey, key_of
from evaluator.audit.wording import joined, listed, titled

NAME = "repeated-numbers"

FEWEST_CELLS = 3
UNEXPECTED = 0.01
"""Agreements by chance that may be expected among all pairs, where one is called strange."""
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
    told = [one for one in series if n_telling(one.claims.values()) >= FEWEST_CELLS]
    pairs: defaultdict[tuple[SeriesKey, SeriesKey], list[tuple[Series, Series]]] = defaultdict(list)
    for earlier, one in _equal(told):
        if not _is_quoted(earlier.key, one.key):
            pairs[_row(earlier.key), _row(one.key)].append((earlier, one))
    among = Counter(_place(one) for one in told)
    for found in pairs.values():
        yield from _repeated(found, among)


def _equal(series: Iterable[Series]) -> Iterator[tuple[Series, Series]]:
    """Pair each series with the first that has its numbers, preferably of the same dataset and direction."""
    first: dict[Values, Series] = {}
    of_place: dict[tuple[object, Values], Series] = {}
    for one in series:
        values = tuple(sorted((metric, claim.printed.value) for metric, claim in one.claims.items()))
        anywhere = first.setdefault(values, one)
        same = of_place.setdefault((_place(one), values), one)
        earlier = anywhere if same is one else same
        if earlier is not one:
            yield earlier, one


def _place(series: Series) -> tuple[object, ...]:
    """Return what two series of different systems must have in common to be alike by more than chance."""
    return series.key.ground, series.key.direction


def _repeated(pairs: list[tuple[Series, Series]], among: Counter[tuple[object, ...]]) -> Iterator[AuditFinding]:
    """Return how two rows agree: a warning where chance does not explain it, nothing where it would across places."""
    within = all(_place(a) == _place(b) for a, b in pairs)
    compared = sum(map(_n_pairs, among.values())) if within else _n_pairs(among.total())
    expected = compared * prod(chance_of(one.claims.values()) for _, one in pairs)
    if expected >= 1 and not within:
        return
    told = "; ".join(f"{titled(a.key)} and {titled(b.key)} are both {listed(a.claims.values())}" for a, b in pairs)
    is_telling = expected < UNEXPECTED and (within or len(pairs) > 1)
    yield AuditFinding(
        NAME,
        Severity.WARNING if is_telling else Severity.NOTE,
        tuple(claim for pair in pairs for part in pair for claim in part.claims.values()),
        f"{told}." + ("" if is_telling else f" {compared:,} pairs of series were compared."),
        _ALIKE if within else _BY_CHANCE,
    )


def _n_pairs(n: int) -> int:
    return n * (n - 1) // 2


def _row(key: SeriesKey) -> SeriesKey:
    return key._replace(dataset="", protocol=None, direction=None, printed_direction="")


def _is_quoted(one: SeriesKey, other: SeriesKey) -> bool:
    """Whether two tables quote the same numbers that a system's authors report, be it beside different variants."""
    both = one.kind is other.kind is Kind.REPORTED and one.table != other.table
    return both and _quoted(one) == _quoted(other)


def _quoted(key: SeriesKey) -> tuple[object, ...]:
    return (key.system.casefold(), key.ground, key.direction)


_BY_CHANCE = "Numbers of different directions or datasets agree by chance where many are compared."
_ALIKE = "The two are one system under two names, or so much alike that their rounded numbers agree by chance."


def _rows(claims: Iterable[Claim]) -> list[_Row]:
    found: defaultdict[SeriesKey, list[Claim]] = defaultdict(list)
    for claim in claims:
        found[_row(key_of(claim))].append(claim)
    return [_Row(key, tuple(cells)) for key, cells in found.items() if n_telling(cells) >= FEWEST_FOR_NEAR]


def _near_rows(rows: Iterable[_Row]) -> Iterator[AuditFinding]:
    """Return pairs of rows that differ in one cell, by looking every row up once without each of its cells."""
    first: dict[tuple[object, int], tuple[_Row, Claim]] = {}
    for row in rows:
        values = row.values
        # The sum of the cells' hashes less that of one stands for the row without it: nothing is copied for a cell.
        total = sum(map(hash, values))
        for value, claim in zip(values, row.claims, strict=True):
            earlier, differing = first.setdefault((value[0], total - hash(value)), (row, claim))
            if differing.printed.value != claim.printed.value and _differ_in_one(earlier, row):
                yield AuditFinding(
                    NAME,
                    Severity.NOTE,
                    (differing, claim),
                    f"{titled(earlier.key)} and {titled(row.key)} agree in {len(values) - 1} of {len(values)} cells and"
                    f" differ only in {claim.column}: {differing.printed} and {claim.printed}.",
                    "The two are nearly the same system.",
                )


def _differ_in_one(one: _Row, other: _Row) -> bool:
    different = len(set(one.values) ^ set(other.values))
    return one is not other and different == 2 and not _are_quoted(one, other)


def _are_quoted(one: _Row, other: _Row) -> bool:
    return any(_is_quoted(key_of(a), key_of(b)) for a, b in zip(one.claims, other.claims, strict=False))


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
    return " ".join(filter(None, [claim.ground, claim.direction, claim.metric]))


REPEATS = Check(NAME, "rows and columns that repeat another", find)
