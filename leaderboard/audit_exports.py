"""An audit as CSV or LaTeX: every number that it says something about, a line each."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from leaderboard.audit_view import Document, Row, rows_of
from leaderboard.booktabs import NEEDS, tabular
from leaderboard.escapes import in_latex, no_formula

COLUMNS = (
    "audit", "section", "result", "check", "source", "table", "row", "column", "system", "kind", "ablation", "protocol",
    "printed_direction", "direction", "metric", "printed", "scale", "found", "text",
)  # fmt: skip
_HEADS = ("System", "On", "Direction", "Metric", "Printed", "Found", "Gap", "Outcome")


def as_csv(audits: Iterable[tuple[str, Document]]) -> str:
    """Write audits as CSV: printed numbers with their digits, found ones as fractions or ranks.

    Args:
        audits: The id and the document of each.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for audit_id, document in audits:
        for row in rows_of(document):
            cells = _cells(audit_id, row)
            # Digits stay as they are printed, also those of a negative number.
            writer.writerow([_safe(cells[name]) if name != "printed" else cells[name] for name in COLUMNS])
    return out.getvalue()


def as_latex(audits: Iterable[tuple[str, Document]]) -> str:
    """Write what was held against a number as a booktabs table; findings are sentences and are left out."""
    rows = [
        " & ".join(in_latex(cell) for cell in _latex_cells(row))
        for _, document in audits
        for row in rows_of(document)
        if row.found is not None
    ]
    return f"{NEEDS}\n{tabular('llllrrrl', [' & '.join(_HEADS)], rows)}"


def _safe(value: Any) -> Any:
    return no_formula(value) if isinstance(value, str) else value


def shown_as_printed(value: float, cell: Mapping[str, Any]) -> str:
    """Show a fraction or rank on the scale and with the digits of the printed number beside it, at least one."""
    scale = 100 if cell["scale"] == "percent" else 1
    decimals = max(1, len(str(cell["printed"]).partition(".")[2]))
    return f"{value * scale:.{decimals}f}"


def gap_of(row: Row) -> float | None:
    """Return what was found less what is printed, as a fraction or in ranks."""
    if row.found is None:
        return None
    return row.found - float(row.cell["printed"]) / (100 if row.cell["scale"] == "percent" else 1)


def _cells(audit_id: str, row: Row) -> dict[str, Any]:
    own = {"audit": audit_id, "section": row.section, "result": row.result, "check": row.check}
    return {**{name: row.cell.get(name) for name in COLUMNS}, **own, "found": row.found, "text": row.text}


def _latex_cells(row: Row) -> list[str]:
    cell, gap = row.cell, gap_of(row) or 0.0
    found = "" if row.found is None else shown_as_printed(row.found, cell)
    sign = "+" if gap > 0 else ""
    return [
        cell["system"],
        cell["protocol"] or cell["dataset"],
        cell["direction"] or "both",
        cell["metric"],
        cell["printed"],
        found,
        f"{sign}{shown_as_printed(gap, cell)}",
        row.result,
    ]
