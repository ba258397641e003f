"""Findings in words, beside the table they are about: each leads to its cells, and each cell back to it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluator.audit.claim import Claim
from leaderboard.audit_marks import check_title, severity_html
from leaderboard.audit_selection import CellKey, cell_key
from leaderboard.audit_view import Document, severities_of
from leaderboard.components import page_link, text
from submissions.audit_cells import cell

MOST_CELLS = 6
"""The rest of a finding's cells is folded away; those of other sources are counted."""


def places_of(claims: Sequence[Claim]) -> dict[CellKey, int]:
    """Return the place of every printed number among the claims of its source."""
    return {cell_key(cell(claim)): place for place, claim in enumerate(claims)}


def findings_html(document: Document, places: Mapping[CellKey, int]) -> str:
    """Draw the findings of an audit, the worst first.

    Args:
        document: With numbered findings.
        places: Where the cells of the source that are on the page stand in its table.
    """
    counts = " ".join(severity_html(name, count) for name, count in severities_of(document).items() if count)
    items = "".join(_item(one, places, document["subject"]) for one in document["findings"])
    return f'<p class="counts">{counts}</p><ol class="findings">{items}</ol>'


def _item(finding: Mapping[str, Any], places: Mapping[CellKey, int], source: str) -> str:
    reason = f'<p class="note">Possible reason: {text(finding["innocent"])}</p>' if finding["innocent"] else ""
    number = finding["number"]
    return (
        f'<li id="finding-{number}" class="{text(finding["severity"])}" value="{number}">'
        f"<h2>{severity_html(finding['severity'])} {number}. {text(check_title(finding['check']))}</h2>"
        f"<p>{text(finding['arithmetic'])}</p>{reason}{_cells(finding['cells'], places, source)}</li>"
    )


def _cells(cells: Sequence[Mapping[str, Any]], places: Mapping[CellKey, int], source: str) -> str:
    own = [_link(one, places[key]) for one in cells if (key := cell_key(one)) in places]
    others = Counter(one["source"] for one in cells if cell_key(one) not in places)
    elsewhere = [
        f"{count} on other pages" if name == source else f"{count} of {page_link('audit', name, source=name)}"
        for name, count in others.items()
    ]
    rest = own[MOST_CELLS:]
    folded_away = f"<details><summary>{len(rest)} more</summary>{', '.join(rest)}</details>" if rest else ""
    return f'<p class="note cells">Cells: {", ".join([*own[:MOST_CELLS], *elsewhere])}</p>{folded_away}'


def _link(one: Mapping[str, Any], place: int) -> str:
    where = f"{one['row']}, {one['column']}"
    title = text(f"{one['table']}, {where}")
    return f'<a href="#cell-{place}" target="_self" title="{title}">{text(where)}: {text(one["printed"])}</a>'
