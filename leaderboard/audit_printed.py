"""The claims of a source laid out in the rows and columns in which it prints them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evaluator.audit.claim import Claim

ROWS_PER_PAGE = 200


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """One row as printed, of one system."""

    table: str
    label: str
    system: str
    cells: Mapping[str, tuple[int, ...]]
    """By column, the places of its numbers among the claims of the source."""


@dataclass(frozen=True, slots=True)
class PrintedBlock:
    """Tables that follow each other and have the same columns, as one."""

    columns: tuple[str, ...]
    rows: list[PrintedRow] = field(default_factory=list)


def printed_blocks(claims: Sequence[Claim]) -> list[PrintedBlock]:
    """Lay claims out as their source prints them: rows and columns in the order in which they first stand there."""
    tables: dict[str, dict[tuple[str, str], dict[str, tuple[int, ...]]]] = {}
    for place, claim in enumerate(claims):
        row = tables.setdefault(claim.table, {}).setdefault((claim.row, claim.name), {})
        row[claim.column] = (*row.get(claim.column, ()), place)
    blocks: list[PrintedBlock] = []
    for table, rows in tables.items():
        columns = tuple(dict.fromkeys(column for cells in rows.values() for column in cells))
        if not blocks or blocks[-1].columns != columns:
            blocks.append(PrintedBlock(columns))
        blocks[-1].rows.extend(PrintedRow(table, label, system, cells) for (label, system), cells in rows.items())
    return blocks


def page_of(blocks: Sequence[PrintedBlock], rows: slice) -> list[PrintedBlock]:
    """Return some rows of all blocks together; a block of which none is left is left out."""
    kept, before = [], 0
    for block in blocks:
        start, stop, _ = slice(rows.start, rows.stop).indices(before + len(block.rows))
        inside = block.rows[max(0, start - before) : max(0, stop - before)]
        if inside:
            kept.append(PrintedBlock(block.columns, inside))
        before += len(block.rows)
    return kept
