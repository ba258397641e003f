"""Directions that contradict each other: one label with two meanings, or numbers that fit only when interchanged."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.wording import joined
from splits.split import Direction

NAME = "directions-disagree"
SWAPPED = {Direction.I2T: Direction.T2I, Direction.T2I: Direction.I2T}

FEWEST_METRICS = 2
"""Common to both places and printed in both directions."""
TIMES_NEARER = 3
MOST_DISTINCT = 50
"""Rows of one system with different numbers that all of its rows are held against."""
LEAST_GAIN = 0.03
"""How much nearer the interchanged numbers are on average, as a fraction."""

Cells = dict[tuple[Direction, str], Claim]


class _Place(NamedTuple):
    """One table's row for one system on one dataset."""

    source: str
    table: str
    row: str
    kind: Kind


class _Subject(NamedTuple):
    """What two places must have in common."""

    system: str
    variant: str
    data: str


Places = Mapping[_Place, Cells]


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return the labels that mean two directions in one source, then the systems whose directions seem interchanged."""
    yield from _two_meanings(claims)
    own, foreign = _subjects(claims), _subjects(others)
    for subject, places in own.items():
        for (place, cells), (other, held) in _pairs(places, foreign.get(subject, {})):
            if place[:2] != other[:2]:
                yield from _interchanged(place, cells, other, held)


def _pairs(own: Places, foreign: Places) -> Iterator[tuple[tuple[_Place, Cells], tuple[_Place, Cells]]]:
    """Pair every place with the first distinct ones: all pairs of a system that stands in many tables are too many."""
    first = _distinct(own)
    order = {place: number for number, place in enumerate(own)}
    for one in own.items():
        # Two that are both among the first meet once.
        yield from ((other, one) for other in first.items() if one[0] not in first or order[other[0]] < order[one[0]])
    yield from product(own.items(), _distinct(foreign).items())


def _distinct(places: Places) -> Places:
    """Return the first places whose numbers differ from those before."""
    found: dict[frozenset[object], tuple[_Place, Cells]] = {}
    for place, cells in places.items():
        if len(found) < MOST_DISTINCT:
            found.setdefault(frozenset((key, one.printed.value) for key, one in cells.items()), (place, cells))
    return dict(found.values())


def _two_meanings(claims: ClaimSet) -> Iterator[AuditFinding]:
    labels: defaultdict[str, defaultdict[Direction, dict[str, Claim]]] = defaultdict(lambda: defaultdict(dict))
    for claim in claims:
        if claim.printed_direction and claim.direction:
            labels[claim.printed_direction][claim.direction].setdefault(claim.table, claim)
    for label, resolved in labels.items():
        meanings = _of_one_direction(resolved)
        if len(meanings) > 1:
            told = joined(f"{way.value} in {joined(tables)}{_because(tables)}" for way, tables in meanings.items())
            cells = tuple(claim for tables in meanings.values() for claim in tables.values())
            yield AuditFinding(
                NAME,
                Severity.WARNING,
                cells,
                f"The label {label} means {told}.",
                "Papers do not agree which side the words image and text retrieval name; the tables were taken from"
                " papers of either habit.",
            )


def _of_one_direction(resolved: Mapping[Direction, dict[str, Claim]]) -> dict[Direction, dict[str, Claim]]:
    """Leave out the tables in which a label stands for both directions: there it names neither."""
    times = Counter(table for tables in resolved.values() for table in tables)
    single = {way: {t: one for t, one in tables.items() if times[t] == 1} for way, tables in resolved.items()}
    return {way: tables for way, tables in single.items() if tables}


def _because(tables: dict[str, Claim]) -> str:
    reasons = dict.fromkeys(one.direction_reason.rstrip(".") for one in tables.values() if one.direction_reason)
    return f" ({'; '.join(reasons)})" if reasons else ""


def _subjects(claims: ClaimSet) -> defaultdict[_Subject, defaultdict[_Place, Cells]]:
    """Return full systems' cells by system and data; single runs, and data that nobody names, are left out."""
    found: defaultdict[_Subject, defaultdict[_Place, Cells]] = defaultdict(lambda: defaultdict(dict))
    for one in claims:
        data = one.ground
        if data and one.direction and one.seed is None and one.kind is not Kind.ABLATION:
            subject = _Subject(one.system.casefold(), one.variant.casefold(), data)
            cells = found[subject][_Place(one.source, one.table, one.row, one.kind)]
            cells.setdefault((one.direction, one.metric), one)
    return found


def _interchanged(place: _Place, cells: Cells, other: _Place, held: Cells) -> Iterator[AuditFinding]:
    metrics = sorted({name for _, name in cells if all((way, name) in d for way in Direction for d in (cells, held))})
    metrics = [name for name in metrics if name.startswith("R@")]
    if len(metrics) < FEWEST_METRICS:
        return
    labelled = [(cells[way, name], held[way, name]) for way in Direction for name in metrics]
    swapped = [(cells[way, name], held[SWAPPED[way], name]) for way in Direction for name in metrics]
    near, far = _distance(swapped), _distance(labelled)
    if TIMES_NEARER * near < far and far - near > LEAST_GAIN:
        same = all(a.printed.low <= b.printed.high and b.printed.low <= a.printed.high for a, b in swapped)
        yield AuditFinding(
            NAME,
            Severity.ERROR if same else Severity.WARNING,
            tuple(claim for pair in labelled for claim in pair),
            _arithmetic(place, other, labelled, near=near, far=far),
            "" if same else "The two measured different checkpoints, or galleries in which one direction is harder.",
        )


def _distance(pairs: list[tuple[Claim, Claim]]) -> float:
    return sum(abs(float(a.printed.value - b.printed.value)) for a, b in pairs) / len(pairs)


def _arithmetic(place: _Place, other: _Place, pairs: list[tuple[Claim, Claim]], *, near: float, far: float) -> str:
    told = ", ".join(f"{a.direction} {a.metric} {a.printed} against {b.printed}" for a, b in pairs)
    return (
        f"{pairs[0][0].name}: {place.source}, {place.table} against {other.source}, {other.table}: {told}. As labelled"
        f" they are {100 * far:.1f} points apart on average, with the directions of one interchanged {100 * near:.1f}."
    )


DIRECTIONS = Check(NAME, "directions that contradict another table or another source", find)
