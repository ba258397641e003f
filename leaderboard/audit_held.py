"""Claims beside what was measured here or what their source reproduced: a row each, and the words of its reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leaderboard.audit_exports import shown_as_printed
from leaderboard.audit_marks import OUTCOME_SIGNS, Marks, outcome_html, severity_html
from leaderboard.audit_selection import OUTCOMES, cell_key
from leaderboard.audit_view import Document
from leaderboard.components import DAGGER, MISSING, entry_link, table_html, text

HERE, ITSELF = "measured here", "the source's own run"
ROWS_PER_PAGE = 100
_HEADS = {
    "Outcome": "",
    "System": "As the source names it.",
    "On": "Our protocol, or the dataset as printed; below it the printed table.",
    "Number": "Direction and metric in our words; below them the label as printed.",
    "Claimed": "The digits as printed. † is what nobody measured here.",
    "Reproduced": "The mean of what was measured here, or what the source itself reproduced.",
    "Gap": "Reproduced less claimed, in points; of ranks in ranks.",
    "In σ": "The gap in standard deviations over seeds, where they are known.",
    "Why": "",
}
_CLAIMED = f'<span class="dagger" title="As printed: claimed, not measured here.">{DAGGER}</span>'


@dataclass(frozen=True, slots=True)
class HeldClaim:
    """A claim with a number beside it; numbers are fractions, or ranks."""

    outcome: str
    cell: Mapping[str, Any]
    against: str
    printed: float
    found: float | None
    gap: float | None
    """What was found less what is printed."""
    in_stds: float | None
    """The gap in standard deviations over seeds; None where they are unknown."""
    std: float | None
    reason: str
    submission: str = ""
    measured_under: str = ""


def held_claims(document: Document) -> list[HeldClaim]:
    """List every claim that something was held against, the worst first."""
    found = [*map(_verdict, document.get("verdicts", ())), *_returned(document)]
    return sorted(found, key=lambda one: (OUTCOMES.index(one.outcome), -abs(one.gap or 0.0)))


def points(found: Sequence[HeldClaim]) -> pd.DataFrame:
    """Return what can be drawn: shares with both numbers, in percent, with one standard deviation where it is known."""
    rows = [
        {
            "outcome": f"{OUTCOME_SIGNS[one.outcome]} {one.outcome}",
            "system": one.cell["system"],
            "cell": f"{one.cell['direction'] or 'both'} {one.cell['metric']}",
            "on": one.cell["protocol"] or one.cell["dataset"] or MISSING,
            "against": one.against,
            "reported": 100 * one.printed,
            "reproduced": 100 * one.found,
            "gap": 100 * (one.found - one.printed),
            "low": 100 * (one.found - (one.std or 0.0)),
            "high": 100 * (one.found + (one.std or 0.0)),
        }
        for one in found
        if one.found is not None and one.cell["scale"] != "plain" and one.cell["metric"] != "rsum"
    ]
    return pd.DataFrame(rows)


def held_html(rows: Sequence[HeldClaim], marks: Marks) -> str:
    """Draw claims with what was found of each."""
    return table_html(
        _HEADS,
        (_row(one, marks) for one in rows),
        words=("Outcome", "System", "On", "Number", "Why"),
        kind="held",
        label="Claims and what came of them",
    )


def _row(one: HeldClaim, marks: Marks) -> str:
    cell = one.cell
    ground = cell["protocol"] or cell["dataset"] or MISSING
    seen = "".join(severity_html(named["severity"]) for named in marks.get(cell_key(cell), ())[:1])
    side = f"{cell['direction'] or 'both'} {cell['metric']}"
    found = MISSING if one.found is None else shown_as_printed(one.found, cell)
    linked = entry_link(one.submission, found) if one.submission else found
    return (
        f'<tr><td class="words">{outcome_html(one.outcome, reason=one.reason)}{seen}</td>'
        f'<th scope="row">{text(cell["system"])}</th>'
        f'<td class="words">{text(ground)}<small>{text(cell["table"])}</small></td>'
        f'<td class="words">{text(side)}<small>{text(cell["column"])}</small></td>'
        f"<td>{text(cell['printed'])}{_CLAIMED}</td><td>{linked}<small>{text(one.against)}</small></td>"
        f"<td>{_signed(one.gap, cell)}</td><td>{_stds(one.in_stds)}</td>"
        f'<td class="words reason">{text(one.reason)}</td></tr>'
    )


def _verdict(one: Mapping[str, Any]) -> HeldClaim:
    in_stds = one["gap"] / one["std"] if one["gap"] is not None and one["std"] else None
    return HeldClaim(
        outcome=one["verdict"],
        cell=one["cell"],
        against=HERE,
        printed=_fraction(one["cell"]),
        found=one["value"],
        gap=one["gap"],
        in_stds=in_stds,
        std=one["std"],
        reason=one["reason"],
        submission=one["submission"],
        measured_under=one["measured_under"],
    )


def _returned(document: Document) -> Iterator[HeldClaim]:
    for system in document.get("returns", ()):
        for one in system["cells"]:
            reported, reproduced = one["reported"], one["reproduced"]
            in_stds = one["in_stds"]
            yield HeldClaim(
                outcome=one["outcome"],
                cell=reported,
                against=ITSELF,
                printed=_fraction(reported),
                found=_fraction(reproduced),
                gap=one["gap"],
                in_stds=in_stds,
                std=abs(one["gap"] / in_stds) if in_stds else None,
                reason=_reason(one),
            )


def _reason(one: Mapping[str, Any]) -> str:
    reported, reproduced = one["reported"], one["reproduced"]
    unit = "ranks" if reported["scale"] == "plain" else "points"
    size = shown_as_printed(abs(one["gap"]), {**reported, "scale": "percent" if unit == "points" else "plain"})
    if not float(size):
        return f"Reproduced and reported are both {reported['printed']}."
    where = "above" if one["gap"] > 0 else "below"
    known = (
        "nobody lists single runs, so its noise is unknown"
        if one["in_stds"] is None
        else f"{abs(one['in_stds']):.1f} standard deviations of its listed runs"
    )
    return f"{reproduced['printed']} lies {size} {unit} {where} the reported {reported['printed']}: {known}."


def _fraction(cell: Mapping[str, Any]) -> float:
    return float(cell["printed"]) / (100 if cell["scale"] == "percent" else 1)


def _stds(number: float | None) -> str:
    return MISSING if number is None else f"{number:+.1f}".replace("-", "−")


def _signed(gap: float | None, cell: Mapping[str, Any]) -> str:
    if gap is None:
        return MISSING
    unit = {**cell, "scale": "plain" if cell["scale"] == "plain" else "percent"}
    size = shown_as_printed(abs(gap), unit)
    sign = "" if not float(size) else "+" if gap > 0 else "−"
    return f"{sign}{size}"
