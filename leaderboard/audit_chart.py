"""Reported against reproduced: a point for each number, the diagonal where both agree, and the same in words."""

from typing import Any

import altair as alt
import pandas as pd

from leaderboard.audit_marks import OUTCOME_SIGNS
from leaderboard.charts import NEUTRAL, OBJECT, SCENE

_LOOKS = {
    "not reproduced": ("#c93a3a", "cross"),
    "below": (OBJECT, "triangle-down"),
    "above": ("#8f62c4", "triangle-up"),
    "protocol mismatch": (NEUTRAL, "diamond"),
    "not comparable": (NEUTRAL, "triangle-left"),
    "within seed noise": (SCENE, "square"),
    "within rounding": ("#1f9a76", "circle"),
}
"""Colours that can be read on white and on black; no two outcomes share a shape."""


def reproduction_chart(points: pd.DataFrame) -> Any:
    """Draw what is reported against what was reproduced, with one standard deviation over seeds where it is known."""
    values = pd.concat([points[name] for name in ("reported", "low", "high")])
    low, high = max(0.0, values.min() - 3), min(100.0, values.max() + 3)
    scale = alt.Scale(domain=[low, high], nice=False, clamp=True)
    present = [name for name in _LOOKS if f"{OUTCOME_SIGNS[name]} {name}" in set(points["outcome"])]
    labels = [f"{OUTCOME_SIGNS[name]} {name}" for name in present]
    colours, shapes = zip(*(_LOOKS[name] for name in present), strict=True)
    x = alt.X("reported:Q", title="reported, %", scale=scale)
    diagonal = (
        alt.Chart(pd.DataFrame({"at": [low, high]}))
        .mark_line(color=NEUTRAL, strokeDash=[4, 4], clip=True)
        .encode(x=alt.X("at:Q", title="reported, %", scale=scale), y=alt.Y("at:Q", title="reproduced, %", scale=scale))
    )
    drawn: Any = alt.Chart(points)
    colour = alt.Color("outcome:N", scale=alt.Scale(domain=labels, range=list(colours)), legend=alt.Legend(columns=2))
    bars = drawn.mark_rule(opacity=0.5).encode(x=x, y="low:Q", y2="high:Q", color=colour)
    shape = alt.Shape("outcome:N", scale=alt.Scale(domain=labels, range=list(shapes)), legend=alt.Legend(columns=2))
    dots = drawn.mark_point(filled=True, opacity=0.75).encode(
        x=x,
        y=alt.Y("reproduced:Q", title="reproduced, %", scale=scale),
        color=colour,
        shape=shape,
        tooltip=[
            "system",
            "on",
            alt.Tooltip("cell", title="number"),
            alt.Tooltip("reported:Q", format=".1f"),
            alt.Tooltip("reproduced:Q", format=".1f"),
            alt.Tooltip("gap:Q", format="+.1f", title="gap, points"),
            "outcome",
            "against",
        ],
    )
    return (diagonal + bars + dots).properties(height=520)


def in_words(points: pd.DataFrame) -> str:
    """Say what the chart shows: how many numbers, what became of them, and the largest gap."""
    counts = points["outcome"].map(lambda label: label.split(" ", 1)[1]).value_counts()
    outcomes = ", ".join(f"{counts[name]} {name}" for name in _LOOKS if name in counts)
    farthest = points.iloc[int(points["gap"].abs().to_numpy().argmax())]
    return (
        f"{len(points)} numbers, reported against reproduced: {outcomes}. The mean gap is {points['gap'].mean():+.1f}"
        f" points. The largest is {farthest['gap']:+.1f} points: {farthest['system']} on {farthest['on']},"
        f" {farthest['cell']}, reported {farthest['reported']:.1f}, reproduced {farthest['reproduced']:.1f}."
    )
