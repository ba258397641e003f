"""The parts of the page of one source, each drawn from what a viewer chose to see."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from leaderboard import audit_data, audit_exports, audit_held, audit_why, audit_words
from leaderboard.audit_findings import findings_html, places_of
from leaderboard.audit_marks import marks_of
from leaderboard.audit_printed import ROWS_PER_PAGE, page_of, printed_blocks
from leaderboard.audit_printed_table import printed_html
from leaderboard.audit_selection import cell_key
from leaderboard.audit_systems import by_system, systems_html
from leaderboard.components import text
from leaderboard.frame import downloads, empty, note, picture
from submissions.audit_cells import cell
from submissions.audit_reading import ReadAudit

Document = Mapping[str, Any]


def unknown_html(label: str, asked: str, instead: str) -> str:
    """Say that the address asks for what is not there, and what is shown instead."""
    return (
        f'<p class="message" role="status">{text(label)}: there is no {text(repr(asked[:80]))} here, so this shows'
        f" {text(instead)}.</p>"
    )


def draw_printed(one: ReadAudit, document: Document, shown: Document) -> None:
    """Draw the printed table with what was found marked in it, and the findings in words beside it."""
    claims = one.sourced.claims.claims
    marks = marks_of(shown)
    blocks = printed_blocks(claims)
    page = page_of(blocks, _page(sum(len(block.rows) for block in blocks), ROWS_PER_PAGE))
    tables = "".join(printed_html(block, claims, marks) for block in page)
    if shown["findings"]:
        on_page = {place for block in page for row in block.rows for places in row.cells.values() for place in places}
        beside = findings_html(shown, {key: place for key, place in places_of(claims).items() if place in on_page})
    else:
        beside = f'<p class="empty">{_nothing_found(document)}</p>'
    words = f'<aside class="beside" tabindex="0" aria-label="Findings">{beside}</aside>'
    st.html(f'<div class="pair"><div>{tables}</div>{words}</div>')
    note("Digits and labels as printed; i2t or t2i below a label is the direction that it means, its reason on hover.")


def draw_claims(one: ReadAudit, document: Document, shown: Document) -> None:
    """Draw every claim that something was held against."""
    rows = audit_held.held_claims(shown)
    _draw_what_is_missing(one, document)
    if not rows:
        return
    page = rows[_page(len(rows), audit_held.ROWS_PER_PAGE)]
    st.html(audit_held.held_html(page, marks_of(shown)))
    note("† claimed, not measured here. σ: standard deviation over seeds. Of each outcome the widest gaps come first.")


def draw_plot(one: ReadAudit, document: Document, shown: Document) -> None:
    """Draw reported against reproduced numbers."""
    from leaderboard.audit_chart import in_words, reproduction_chart

    rows = audit_held.held_claims(shown)
    points = audit_held.points(rows)
    if points.empty:
        _draw_what_is_missing(one, document)
        return
    words = in_words(points)
    note(words)
    drawn, systems = st.columns([5, 4])
    with drawn:
        picture(reproduction_chart(points), f"{one.sourced.source.name}-reproduced", words)
    systems.html(systems_html(by_system(rows)))
    note(
        "On the dashed line both agree. A vertical line is one standard deviation over seeds either way, where it is"
        " known. Ranks and sums are left out."
    )


def draw_why(one: ReadAudit, document: Document, shown: Document) -> None:
    """Ask for a row of claims which way of evaluating gives them."""
    asked_for = {cell_key(each.cell) for each in audit_held.held_claims(shown)}
    rows = {
        row.name: row
        for row in audit_why.asked_rows(document, one.sourced.claims.claims)
        if any(cell_key(cell(claim)) in asked_for for claim in row.claims)
    }
    if not rows:
        empty("No claim here lies beyond noise of a reproduced number, so there is nothing to explain.")
        _draw_what_is_missing(one, document)
        return
    asked = st.query_params.get("row")
    if asked is not None and asked not in rows:
        st.html(unknown_html("Row", asked, "the first row"))
    row = rows[st.selectbox("Row that does not come back", list(rows), key="row", bind="query-params")]
    kept = audit_why.kept_explanation(document, row)
    can_try = kept is None and audit_data.can_explain(_evaluations(row))
    if can_try and st.toggle(
        "Try its stored scores in other ways now: takes some seconds", key="try", bind="query-params"
    ):
        with st.spinner("Trying the stored scores in other ways …"):
            kept = audit_data.explanation(row.verdicts, row.claims)
    if kept is not None:
        st.html(audit_why.explanation_html(kept, row))
        note(
            "† claimed. In percent; a way fits where every claim is its value, rounded, or within what it leaves open."
        )
    elif not can_try:
        note(_why_not(row))
    note("With the scores at home, a file for each seed:")
    st.code(audit_why.command_for(row), language="bash", wrap_lines=True)


def draw_downloads(one: ReadAudit, shown: Document) -> None:
    """Offer what is shown as files."""
    kept = str(one.kept_id) if one.kept_id else ""
    writers: dict[str, Callable[[], str]] = {
        "csv": lambda: audit_exports.as_csv([(kept, shown)]),
        "json": lambda: json_of(one, shown),
        "tex": lambda: audit_exports.as_latex([(kept, shown)]),
    }
    downloads(f"audit-{one.sourced.source.name}", writers)


def json_of(one: ReadAudit, shown: Document) -> str:
    """Write what is shown as JSON, with the audit that it is of, if that was kept."""
    told = {
        "audit": str(one.kept_id) if one.kept_id else None,
        "created_at": one.created_at.isoformat() if one.created_at else None,
        "evaluator_version": one.rematch,
    }
    return json.dumps({**told, **shown}, indent=2, ensure_ascii=False, allow_nan=False)


SECTIONS: dict[str, Callable[[ReadAudit, Document, Document], None]] = {
    "Printed table": draw_printed,
    "Claims": draw_claims,
    "Reported against reproduced": draw_plot,
    "Explain a result": draw_why,
}
"""The parts in order, by name. Each takes the source, its whole audit, and what is left of it after filtering."""


def _page(n_rows: int, rows_per_page: int) -> slice:
    n_pages = -(-n_rows // rows_per_page)
    if n_pages < 2:
        return slice(None)
    number = min(st.pagination(n_pages, key="page", bind="query-params"), n_pages)
    return slice((number - 1) * rows_per_page, number * rows_per_page)


def _nothing_found(document: Document) -> str:
    if document["findings"]:
        return "No finding matches. Choose other severities or systems above."
    return "Nothing was found: the printed numbers contradict neither each other nor those of other sources."


def _draw_what_is_missing(one: ReadAudit, document: Document) -> None:
    """Say how many claims were held against a number, and how the others can be."""
    n = len(audit_held.held_claims(document))
    if not one.has_verdicts:
        note("There are too many results here to hold claims against while you wait; this does:")
        st.code(audit_words.keep_command(one), language="bash", wrap_lines=True)
    if n:
        return
    empty("No claim has been held against a reproduced number yet. Measure one of the systems here, and look again:")
    st.code(audit_words.run_command(one), language="bash", wrap_lines=True)


def _evaluations(row: audit_why.AskedRow) -> list[str]:
    return list(row.verdicts[0]["evaluations"]) if row.verdicts else []


def _why_not(row: audit_why.AskedRow) -> str:
    if not row.verdicts:
        return (
            "The source reproduced these numbers itself, and its scores are not here, so nothing can be tried on them."
        )
    return (
        "Its scores are not stored, or reading them takes longer than a page should. An audit tries them and keeps the"
        " answer: rematch audit --explain --source " + row.claims[0].source
    )
