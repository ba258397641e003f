"""What a layout of somebody else's table is, and the catalogue of them: such a table is imported as it is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from evaluator.audit.printed import Scale
from splits.catalog import Catalog
from submissions.claim_source import Source

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClaimLayout:
    """A published table's own columns, and how a row of it is read as claims."""

    name: str
    summary: str
    """One sentence: what the table holds, and what of it is imported."""
    columns: frozenset[str]
    """What a header must have to be recognised."""
    scale: Scale
    """The scale of its numbers, which its publisher states."""
    source: Source
    """What it is taken for where nothing else is said."""
    read: Callable[[Cells], Iterable[Cells]]
    """From one row to the cells of claims, by the columns of a claims file."""
    example: Cells
    """A row as it is published, of which claims can be read."""


CLAIM_LAYOUTS: Catalog[ClaimLayout] = Catalog(ClaimLayout, "submissions.claim_layouts", label="layout of claims")


def recognised_layout(columns: Sequence[str]) -> ClaimLayout | None:
    """Return the layout whose columns a header has, None where there is none."""
    return next((layout for layout in CLAIM_LAYOUTS.values() if layout.columns <= set(columns)), None)


def rounded(text: str, decimals: int) -> str:
    """Return the digits of a float that a program wrote out in full, as far as its computation knows them.

    The digits beyond are of the float and not of the measurement, and with them no share of queries would be possible.

    >>> rounded("0.8546000123023987", 6), rounded("0.72", 6)
    ('0.854600', '0.72')
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(number.adjusted()) > decimals:
        return text
    return f"{number:.{min(decimals, max(0, -exponent))}f}"
