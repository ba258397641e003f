"""The picture of runs over seeds: every run a dot, and the shape of their density where there are enough."""

from typing import Any

import altair as alt
import pandas as pd

from leaderboard.charts import NAMES, OBJECT, SCENE
from leaderboard.components import is_plain
from leaderboard.seed_strips import Strips, density_of

ENOUGH = 8
"""Fewer runs have no shape worth drawing."""
_ROW = 38
_EDGE = 40


def strip_chart(found: Strips, *, claimed: bool) -> Any:
    """Draw a strip for every system, the highest mean on top.

    Args:
        found: The systems and their runs.
        claimed: Runs that a source states are drawn hollow.
    """
    scale = 1 if is_plain(found.metric) else 100
    names = found.table["system"].tolist()
    y = alt.Y("system:N", sort=names, title=None, axis=NAMES)
    title = f"{found.metric}{' (claimed)' if claimed else ''}"
    x = alt.X("value:Q", title=title, scale=alt.Scale(zero=False, padding=12), axis=alt.Axis(tickCount=8))
    runs = found.runs.assign(value=scale * found.runs["value"])
    dots = alt.Chart(runs).mark_point(filled=not claimed, color=SCENE, opacity=0.9, size=42, strokeWidth=1.5)
    means = pd.DataFrame({"system": names, "value": scale * found.table["mean"]})
    bars = alt.Chart(means).mark_tick(color=OBJECT, thickness=3, size=24)
    layers = [
        dots.encode(x=x, y=y, tooltip=["system", alt.Tooltip("value:Q", format=".1f")]),
        bars.encode(x=x, y=y, tooltip=["system", alt.Tooltip("value:Q", format=".2f", title="mean")]),
    ]
    shapes = _shapes(runs)
    if len(shapes):
        width = alt.Size("density:Q", scale=alt.Scale(domain=[0, 1], range=[0, 28]), legend=None)
        layers.insert(
            0, alt.Chart(shapes).mark_trail(color=SCENE, opacity=0.22).encode(x=x, y=y, size=width, detail="system:N")
        )
    return alt.layer(*layers).properties(height=_ROW * len(names) + _EDGE)


def _shapes(runs: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for system, own in runs.groupby("system", sort=False):
        values = own["value"].tolist()
        # Runs that differ may have the same value, which has no density.
        if len(values) >= ENOUGH and len(set(values)) > 1:
            rows += [(system, *point) for point in zip(*density_of(values), strict=True)]
    return pd.DataFrame(rows, columns=["system", "value", "density"])
