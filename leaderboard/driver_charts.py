"""Pictures of what goes with a higher R@1; what a source states is drawn hollow."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from leaderboard.chart_labels import uncrowded
from leaderboard.charts import NAMES, NEUTRAL, OBJECT, SCENE

_COLOURS = (SCENE, OBJECT, "#9467bd", "#1a936f", NEUTRAL)
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
_UNKNOWN = "not stated"
CROWD = 200
"""More points are drawn smaller, so that they can be told apart."""
_ROW = 44
_EDGE = 50


def size_chart(points: pd.DataFrame, name: str, title: str, metric: str, *, claimed: bool) -> Any:
    """Draw R@1 against a number on a logarithmic axis, by type of interaction.

    Args:
        points: Those that have the number.
        name: Its column.
        title: What the number is.
        metric: Such as `i2t R@1`.
        claimed: Draw hollow points.
    """
    drawn = points.assign(
        value=100 * points["value"],
        label=uncrowded(list(zip(*_shares(points, name), points["system"], strict=True))),
        kind=points["interaction"].fillna(_UNKNOWN),
    )
    kinds = sorted(drawn["kind"].unique(), key=lambda kind: (kind == _UNKNOWN, kind))
    axis = alt.Axis(labelExpr="replace(format(datum.value, '~s'), 'G', 'B')", tickCount=6)
    base = alt.Chart(drawn).encode(
        x=alt.X(f"{name}:Q", title=title, scale=alt.Scale(type="log", nice=False, padding=24), axis=axis),
        y=alt.Y("value:Q", title=_title(metric, claimed=claimed), scale=alt.Scale(zero=False, padding=16)),
    )
    inside = "transparent" if claimed else alt.Undefined
    legend = alt.Legend(columns=2, labelLimit=200, symbolFillColor=inside)
    size = 80 if len(drawn) <= CROWD else 25
    marks = base.mark_point(filled=not claimed, size=size, opacity=1, strokeWidth=2).encode(
        color=alt.Color("kind:N", scale=_scale(kinds, _COLOURS), legend=legend),
        shape=alt.Shape("kind:N", scale=_scale(kinds, _SHAPES), legend=legend),
        tooltip=["system", alt.Tooltip("value:Q", format=".1f"), alt.Tooltip(f"{name}:Q", format="~s"), "kind"],
    )
    words = base.mark_text(align="left", dx=8, fontSize=12).encode(text="label:N")
    return alt.layer(marks, words).properties(height=400)


def _scale(kinds: Sequence[str], choices: Sequence[str]) -> Any:
    return alt.Scale(domain=list(kinds), range=[choices[number % len(choices)] for number in range(len(kinds))])


def _shares(points: pd.DataFrame, name: str) -> tuple[list[float], list[float]]:
    """Return where points lie, as shares of the picture from the left and from above."""
    sizes, values = np.log10(points[name].to_numpy(dtype=float)), points["value"].to_numpy(dtype=float)
    across, up = ((own - own.min()) / (np.ptp(own) or 1.0) for own in (sizes, values))
    return across.tolist(), (1 - up).tolist()


def group_chart(points: pd.DataFrame, name: str, groups: Sequence[str], metric: str, *, claimed: bool) -> Any:
    """Draw every system as a dot in its group, with the mean of the group.

    Args:
        points: The systems.
        name: The column of groups.
        groups: In the order from above.
        metric: Such as `i2t R@1`.
        claimed: Draw hollow points.
    """
    drawn = points[points[name].notna()]
    few = alt.Axis(tickCount=8)
    drawn = pd.DataFrame({"system": drawn["system"], "group": drawn[name], "value": 100 * drawn["value"]})
    base = alt.Chart(drawn).encode(
        x=alt.X("value:Q", title=_title(metric, claimed=claimed), scale=alt.Scale(zero=False, padding=16), axis=few),
        y=alt.Y("group:N", sort=list(groups), title=None, axis=NAMES),
    )
    dots = base.mark_point(filled=not claimed, color=SCENE, size=60, opacity=0.9, strokeWidth=1.8)
    means = base.mark_tick(color=OBJECT, thickness=3, size=28).encode(x=alt.X("mean(value):Q"))
    tooltip = ["system", alt.Tooltip("value:Q", format=".1f")]
    return alt.layer(dots.encode(tooltip=tooltip), means).properties(height=_ROW * len(groups) + _EDGE)


def gain_chart(pairs: pd.DataFrame, metric: str) -> Any:
    """Draw a line for every system from its value without hard negatives to that with them."""
    sides = ("without", "with")
    ends = pd.concat([pairs[["system"]].assign(side=side, value=100 * pairs[side]) for side in sides])
    spans = pairs[["system"]].assign(low=100 * pairs["without"], high=100 * pairs["with"])
    y = alt.Y("system:N", sort=pairs["system"].tolist(), title=None, axis=NAMES)
    title = _title(metric, claimed=True)
    scale = alt.Scale(zero=False, padding=16)
    lines = alt.Chart(spans).mark_rule(color=NEUTRAL, strokeWidth=2)
    legend = alt.Legend(columns=2, symbolFillColor="transparent")
    marks = alt.Chart(ends).mark_point(filled=False, size=80, opacity=1, strokeWidth=2)
    return alt.layer(
        lines.encode(x=alt.X("low:Q", title=title, scale=scale), x2="high:Q", y=y),
        marks.encode(
            x=alt.X("value:Q", title=title, scale=scale),
            y=y,
            color=alt.Color("side:N", scale=_scale(sides, (OBJECT, SCENE)), legend=legend),
            shape=alt.Shape("side:N", scale=_scale(sides, ("square", "circle")), legend=legend),
            tooltip=["system", "side", alt.Tooltip("value:Q", format=".1f")],
        ),
    ).properties(height=26 * len(pairs) + _EDGE)


def _title(metric: str, *, claimed: bool) -> str:
    return f"{metric}, percent{' (claimed)' if claimed else ''}"
