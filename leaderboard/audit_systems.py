"""What came of each system of a source: how many numbers, their mean gap, and whether the system came back."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.audit.against import FAR, NEAR
from evaluator.audit.verdict import Verdict
from leaderboard.audit_held import HeldClaim
from leaderboard.audit_marks import outcome_html
from leaderboard.audit_selection import OUTCOMES
from leaderboard.components import MISSING, table_html, text


@dataclass(frozen=True, slots=True)
class SystemOutcome:
    """One system, over all its numbers that are shown and are shares."""

    system: str
    n: int
    mean_gap: float | None
    """Reproduced less claimed; None where nothing was measured."""
    outcomes: dict[str, int]


def by_system(rows: Sequence[HeldClaim]) -> list[SystemOutcome]:
    """Gather claims by system, the lowest mean gap first."""
    groups: dict[str, list[HeldClaim]] = {}
    for one in rows:
        if one.cell["scale"] != "plain" and one.cell["metric"] != "rsum":
            groups.setdefault(one.cell["system"], []).append(one)
    found = [_gathered(system, own) for system, own in groups.items()]
    return sorted(found, key=lambda one: one.mean_gap if one.mean_gap is not None else float("inf"))


def systems_html(systems: Sequence[SystemOutcome]) -> str:
    """Draw a row for each system."""
    title = (
        f"Reproduced less claimed, in points. Within {100 * NEAR:.0f} came back; more than {100 * FAR:.0f} is far off."
    )
    rows = (
        f'<tr><th scope="row">{text(one.system)}</th><td>{one.n}</td><td>{_points(one.mean_gap)}</td>'
        f'<td class="words level">{_standing(one.mean_gap)}</td>'
        f'<td class="words">{" ".join(outcome_html(name, count) for name, count in one.outcomes.items())}</td></tr>'
        for one in systems
    )
    heads = {"System": "", "Numbers": "", "Mean gap": title, "Level": "", "Number by number": ""}
    return table_html(heads, rows, words=("System", "Level", "Number by number"), kind="systems", label="Systems")


def _gathered(system: str, own: Sequence[HeldClaim]) -> SystemOutcome:
    # Under another protocol something else was measured: that gap says nothing of the system.
    gaps = [one.gap for one in own if one.gap is not None and one.outcome != Verdict.PROTOCOL_MISMATCH]
    outcomes = [one.outcome for one in own]
    counts = {name: outcomes.count(name) for name in OUTCOMES if name in outcomes}
    return SystemOutcome(system, len(own), sum(gaps) / len(gaps) if gaps else None, counts)


def _standing(gap: float | None) -> str:
    if gap is None:
        return MISSING
    if abs(gap) <= NEAR:
        return "came back"
    far = "far " if abs(gap) > FAR else ""
    return f"{far}{'above' if gap > 0 else 'below'}"


def _points(gap: float | None) -> str:
    if gap is None:
        return MISSING
    size = f"{abs(100 * gap):.1f}"
    sign = "" if not float(size) else "+" if gap > 0 else "−"
    return f"{sign}{size}"
