"""Audits: what sources print, whether it can be right, whether it came back, and if not why."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from leaderboard import audit_data, audit_overview, audit_sections
from leaderboard.audit_selection import AuditSelection, narrowed, numbered, severities_in, verdicts_in
from leaderboard.audit_words import COMMANDS, INTRODUCTION, about_html, keep_command, legend_html
from leaderboard.frame import downloads, empty, head, note
from submissions.audit_reading import ReadAudit

ALL_SOURCES = "all sources"


def choice(label: str, key: str, everything: str, options: Sequence[str], *, width: int) -> str | None:
    """Offer a filter that is bound to the address, and say so where that asks for what is not there; None is all."""
    asked = st.query_params.get(key)
    known = [everything, *options]
    if not options and asked is None:
        return None
    if asked is not None and asked not in known:
        messages.html(audit_sections.unknown_html(label, asked, everything))
    chosen = st.selectbox(label, known, key=key, bind="query-params", width=width)
    return None if chosen in (None, everything) else chosen


def draw_overview(audits: Mapping[str, ReadAudit]) -> None:
    """Draw all sources, and what an audit is."""
    rows = audit_overview.overview_rows(audits)
    st.html(f'<div class="intro">{INTRODUCTION}</div>')
    st.html(audit_overview.overview_html(rows))
    note("Choose a source to see its printed table with everything that was found marked in it.")
    writers = {
        "csv": lambda: audit_overview.as_csv(rows),
        "json": lambda: audit_overview.as_json(rows),
        "tex": lambda: audit_overview.as_latex(rows),
    }
    downloads("audits", writers)
    if not any(one.created_at for one in audits.values()):
        empty("No audit is kept yet: what stands here was looked at just now. Keep it, or bring numbers of your own:")
    st.code(COMMANDS, language="bash", wrap_lines=True)


def draw_source(one: ReadAudit) -> None:
    """Draw the audit of one source."""
    st.html(about_html(one))
    if one.document is None:
        empty("There are too many claims here to look at while you wait. This looks at them, and keeps what is found:")
        st.code(keep_command(one), language="bash", wrap_lines=True)
        return
    document = numbered(one.document)
    chosen = filters(one, document)
    shown = narrowed(document, chosen)
    sections = audit_sections.SECTIONS
    tabs = st.tabs(list(sections), key="show", bind="query-params", on_change="rerun")
    for tab, draw in zip(tabs, sections.values(), strict=True):
        if tab.open:
            with tab:
                draw(one, document, shown)
    audit_sections.draw_downloads(one, shown)
    if one.created_at is None or one.is_outdated:
        note("To look again and keep what is found, with the versions of all that was used:")
        st.code(keep_command(one), language="bash", wrap_lines=True)


def filters(one: ReadAudit, document: Mapping[str, Any]) -> AuditSelection:
    """Offer what can be narrowed."""
    systems = list(dict.fromkeys(claim.name for claim in one.sourced.claims))
    with controls:
        severity = choice("Severity", "severity", "all findings", severities_in(document), width=150)
        verdict = choice("Verdict", "verdict", "all verdicts", verdicts_in(document), width=190)
        system = choice("System", "system", "all systems", systems, width=260)
    return AuditSelection(severity, verdict, system)


st.html(Path(__file__).parents[1] / "audit.css")
head("Audit", "What papers print, held against arithmetic, against other runs, and against what was measured here.")
found = audit_data.audits()
messages = st.container()
controls = st.container(horizontal=True, vertical_alignment="bottom")
with controls:
    source = choice("Source", "source", ALL_SOURCES, list(found), width=260)
if source is None:
    draw_overview(found)
else:
    draw_source(found[source])
with st.expander("What the signs mean"):
    st.html(legend_html())
