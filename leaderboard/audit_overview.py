"""All sources of claims beside each other: how much they claim, and what their audits find."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from leaderboard.audit_held import held_claims
from leaderboard.audit_marks import outcome_html, severity_html
from leaderboard.audit_selection import OUTCOMES
from leaderboard.audit_view import SEVERITIES, severities_of
from leaderboard.booktabs import NEEDS, tabular
from leaderboard.components import MISSING, page_link, table_html, text
from leaderboard.escapes import in_latex, no_formula
from submissions.audit_reading import ReadAudit

_HEADS = {
    "Source": "Whoever prints the numbers: a paper, a log, a post.",
    "Claims": "Printed numbers.",
    "Systems": "",
    "Held": "Claims beside which there is a reproduced number: measured here, or by the source itself.",
    "Findings": "What does not fit, found from the printed numbers alone, with no run.",
    "What came of the claims held": "Hover a word for its meaning.",
    "Looked at": "When, and by which version of the program.",
}
COUNTS = ("claims", "systems", "held", "errors", "warnings", "notes")


def overview_rows(audits: Mapping[str, ReadAudit]) -> list[dict[str, Any]]:
    """Count for every source what is claimed, held against a number, and found; None where nobody looked."""
    return [_counts(name, one) for name, one in audits.items()]


def overview_html(rows: Iterable[Mapping[str, Any]]) -> str:
    """Draw a row for each source."""
    return table_html(
        _HEADS,
        map(_row, rows),
        words=("Source", "Findings", "What came of the claims held", "Looked at"),
        kind="sources",
        label="Sources of claims",
    )


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write the overview as CSV, a column for each outcome."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["source", "title", *COUNTS, *OUTCOMES, "audited", "evaluator_version"])
    for row in rows:
        words = [no_formula(row["source"]), no_formula(row["title"])]
        counts = [row[name] for name in COUNTS] + [(row["outcomes"] or {}).get(name, 0) for name in OUTCOMES]
        writer.writerow([*words, *counts, row["audited"], row["evaluator_version"]])
    return out.getvalue()


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write the overview as JSON."""
    return json.dumps(list(rows), indent=2, ensure_ascii=False, allow_nan=False)


def as_latex(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write the overview as a booktabs table."""
    lines = [
        " & ".join([in_latex(row["source"]), *("--" if row[name] is None else f"{row[name]:,}" for name in COUNTS)])
        for row in rows
    ]
    heads = " & ".join(("Source", *(name.capitalize() for name in COUNTS)))
    return f"{NEEDS}\n{tabular('l' + 'r' * len(COUNTS), [heads], lines)}"


def _counts(name: str, one: ReadAudit) -> dict[str, Any]:
    claims = one.sourced.claims
    told: dict[str, Any] = {
        "source": name,
        "title": one.sourced.source.title,
        "claims": len(claims),
        "systems": len({claim.system for claim in claims}),
        "audited": one.created_at.isoformat() if one.created_at else None,
        "evaluator_version": one.rematch,
    }
    if one.document is None:
        return {**told, "held": None, "errors": None, "warnings": None, "notes": None, "outcomes": None}
    found = [row.outcome for row in held_claims(one.document)]
    severities = {f"{severity}s": count for severity, count in severities_of(one.document).items()}
    outcomes = {outcome: found.count(outcome) for outcome in OUTCOMES if outcome in found}
    return {**told, "held": len(found), **severities, "outcomes": outcomes}


def _row(row: Mapping[str, Any]) -> str:
    link = page_link("audit", row["source"], source=row["source"])
    counts = "".join(
        f"<td>{MISSING if row[name] is None else f'{row[name]:,}'}</td>" for name in ("claims", "systems", "held")
    )
    return (
        f'<tr><th scope="row">{link}<small>{text(row["title"])}</small></th>{counts}'
        f'<td class="words">{_findings(row)}</td><td class="words">{_outcomes(row)}</td>'
        f'<td class="words when">{_when(row)}</td></tr>'
    )


def _findings(row: Mapping[str, Any]) -> str:
    if row["errors"] is None:
        return '<span class="quiet">not looked at yet</span>'
    drawn = [severity_html(one, count) for one in SEVERITIES if (count := row[f"{one}s"])]
    return " ".join(drawn) or '<span class="quiet">none</span>'


def _outcomes(row: Mapping[str, Any]) -> str:
    outcomes = row["outcomes"] or {}
    drawn = " ".join(outcome_html(outcome, count) for outcome, count in outcomes.items())
    return drawn or '<span class="quiet">nothing to hold them against yet</span>'


def _when(row: Mapping[str, Any]) -> str:
    if row["audited"]:
        return f"{row['audited'][:10]}<small>kept, version {text(row['evaluator_version'])}</small>"
    if row["errors"] is None:
        return MISSING
    return f"now, not kept<small>version {text(row['evaluator_version'])}</small>"
