"""Findings in words, beside the table they are about: each leads to its cells, and each cell back to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluator.audit.claim import Claim
from leaderboard.audit_marks import check_title, severity_html
from leaderboard.audit_selection import CellKey, cell_key
from leaderboard.audit_view import Document, severities_of
from leaderboard.components import page_link, text
from submissions.audit_cells import cell

MOST_CELLS = 6
"""The rest of a finding's cells is folded away."""


def places_of(claims: Sequence[Claim]) -> dict[CellKey, int]:
    """Return the place of every printed number among the claims of its source."""
    return {cell_key(cell(claim)): place for place, claim in enumerate(claims)}


def findings_html(document: Document, places: Mapping[CellKey, int]) -> str:
    """Draw the findings of an audit, the worst first.

    Args:
        document: With numbered findings.
        places: Where the cells of the source stand in its table.
    """
    counts = " ".join(severity_html(name, count) for name, count in severities_of(document).items() if count)
    items = "".join(_item(one, places) for one in document["findings"])
    return f'<p class="counts">{counts}</p><ol class="findings">{items}</ol>'


def _item(finding: Mapping[str, Any], places: Mapping[CellKey, int]) -> str:
    reason = f'<p class="note">Possible reason: {text(finding["innocent"])}</p>' if finding["innocent"] else ""
    number = finding["number"]
    return (
        f'<li id="finding-{number}" class="{text(finding["severity"])}" value="{number}">'
        f"<h4>{severity_html(finding['severity'])} {number}. {text(check_title(finding['check']))}</h4>"
        f"<p>{text(finding['arithmetic'])}</p>{reason}{_cells(finding['cells'], places)}</li>"
    )


def _cells(cells: Sequence[Mapping[str, Any]], places: Mapping[CellKey, int]) -> str:
    links = [_cell_link(one, places) for one in cells]
    first, rest = links[:MOST_CELLS], links[MOST_CELLS:]
    folded_away = f"<details><summary>{len(rest)} more</summary>{', '.join(rest)}</details>" if rest else ""
    return f'<p class="note cells">Cells: {", ".join(first)}</p>{folded_away}'


def _cell_link(one: Mapping[str, Any], places: Mapping[CellKey, int]) -> str:
    where = f"{one['row']}, {one['column']}"
    label = f"{one['table']}, {where}"
    place = places.get(cell_key(one))
    if place is None:
        other = page_link("audit", one["source"], source=one["source"])
        return f'<span title="{text(label)}">{text(one["printed"])} ({other})</span>'
    return f'<a href="#cell-{place}" target="_self" title="{text(label)}">{text(where)}: {text(one["printed"])}</a>'
