"""Which printed numbers findings name, and how severities and outcomes look: a sign and a word, not a colour alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluator.audit.check import CHECKS
from leaderboard.audit_selection import CellKey, cell_key
from leaderboard.audit_view import SEVERITIES, Document
from leaderboard.components import text

SIGNS = {"error": "×", "warning": "▲", "note": "●"}
"""What stands beside a number that a finding names."""
MEANINGS = {
    "error": "These numbers cannot all be right as they are printed and labelled.",
    "warning": "They can be right, but something has to be explained before they are compared.",
    "note": "Worth a look.",
}
OUTCOME_SIGNS = {
    "not reproduced": "×",
    "below": "▼",
    "above": "▲",
    "protocol mismatch": "≠",
    "not comparable": "?",
    "within seed noise": "≈",
    "within rounding": "=",
}
OUTCOME_MEANINGS = {
    "not reproduced": "The gap is larger than noise allows.",
    "below": "What the source itself reproduced lies below what it reports, by more than rounding and known noise.",
    "above": "What the source itself reproduced lies above what it reports, by more than rounding and known noise.",
    "protocol mismatch": "Something else was measured, so the gap says nothing of the claim.",
    "not comparable": "Nothing was measured that could decide.",
    "within seed noise": "The gap is no larger than further runs of the same system would show.",
    "within rounding": "The mean of the runs rounds to what is printed.",
}

Marks = Mapping[CellKey, Sequence[Mapping[str, Any]]]


def marks_of(document: Document) -> Marks:
    """Return for every number that findings name these findings, the worst first."""
    marks: dict[CellKey, list[Mapping[str, Any]]] = {}
    for one in sorted(document["findings"], key=lambda found: SEVERITIES.index(found["severity"])):
        for cell in one["cells"]:
            marks.setdefault(cell_key(cell), []).append(one)
    return marks


def severity_html(severity: str, count: int | None = None) -> str:
    """Draw a severity with its sign, alone or with how many there are."""
    word = severity if count in (None, 1) else f"{severity}s"
    label = word if count is None else f"{count} {word}"
    return f'<span class="severity {text(severity)}" title="{MEANINGS[severity]}">{SIGNS[severity]} {label}</span>'


def outcome_html(outcome: str, count: int | None = None, *, reason: str = "") -> str:
    """Draw what became of a claim with its sign; the reason, or else the meaning of the word, on hover."""
    label = outcome if count is None else f"{count} {outcome}"
    kind = outcome.replace(" ", "-")
    said = text(reason or OUTCOME_MEANINGS[outcome])
    return f'<span class="outcome {kind}" title="{said}">{OUTCOME_SIGNS[outcome]} {label}</span>'


def check_title(name: str) -> str:
    """Return what a check looks for; of one that an older version had, its name."""
    title = CHECKS[name].title if name in CHECKS else name
    return title[:1].upper() + title[1:]
