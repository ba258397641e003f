"""Pictures of how systems fare from scenes to objects: places, values, and what is lost."""

from typing import Any

import altair as alt
import pandas as pd

from leaderboard.chart_labels import shortened, uncrowded
from leaderboard.charts import NAMES, NEUTRAL, OBJECT, SCENE
from leaderboard.transfer import CHANGES

_COLOURS = alt.Scale(domain=list(CHANGES), range=[NEUTRAL, SCENE, "#9467bd", OBJECT])
_DASHES = alt.Scale(domain=list(CHANGES), range=[[1, 0], [2, 3], [7, 4], [1, 0]])
_WIDTHS = alt.Scale(domain=list(CHANGES), range=[1.3, 1.6, 1.6, 3.2])
_SHAPES = alt.Scale(domain=list(CHANGES), range=["circle", "square", "diamond", "triangle-up"])
_ROW = 24
_EDGE = 20
_SIDES = ("scene", "object")


def _legend(table: pd.DataFrame) -> Any:
    """Name only what the picture holds."""
    return alt.Legend(values=[change for change in CHANGES if change in set(table["change"])], symbolStrokeWidth=2)


def slope_chart(table: pd.DataFrame, names: tuple[str, str]) -> Any:
    """Draw a line for every system from its place on scenes to that on objects."""
    ends = _ends(table)
    x = alt.X("across:Q", axis=None, scale=alt.Scale(domain=[-0.6, 1.6], nice=False, zero=False))
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.6, len(table) + 0.4], reverse=True, nice=False))
    legend = _legend(table)
    drawn = alt.Chart(ends).encode(x=x, y=y, tooltip=["system", "side", "rank", "change"])
    colour = alt.Color("change:N", scale=_COLOURS, legend=legend)
    lines = drawn.mark_line().encode(
        detail="system:N",
        color=colour,
        strokeDash=alt.StrokeDash("change:N", scale=_DASHES, legend=legend),
        strokeWidth=alt.StrokeWidth("change:N", scale=_WIDTHS, legend=None),
    )
    dots = drawn.mark_point(filled=True, size=45, opacity=1).encode(color=alt.Color("change:N", scale=_COLOURS))
    heads = alt.Chart(pd.DataFrame({"across": [0, 1], "place": [0, 0], "label": [shortened(name) for name in names]}))
    words = [_words(part, at).encode(x=x, y=y, text="label:N") for part in (drawn, heads) for at in (0, 1)]
    return alt.layer(lines, dots, *words).properties(height=_ROW * (len(table) + 1) + _EDGE)


def _words(part: Any, across: int) -> Any:
    """Put words outside of one end of the lines, at most as long as there is room on any screen."""
    align, away = ("right", -10) if across == 0 else ("left", 10)
    at_end = part.transform_filter(f"datum.across == {across}")
    return at_end.mark_text(align=align, dx=away, limit=alt.ExprRef("width * 0.26"), fontSize=12)


def _ends(table: pd.DataFrame) -> pd.DataFrame:
    """Two rows for every system; equal ranks get places below each other, so that no name lies on another."""
    parts = []
    for across, side in enumerate(_SIDES):
        rank = table[f"{side} rank"]
        part = table[["system", "change"]].assign(across=across, side=side, rank=rank)
        part["place"] = rank.rank(method="first").astype(int)
        parts.append(part)
    ends = pd.concat(parts, ignore_index=True)
    ends["label"] = [
        f"{name}  {rank}" if across == 0 else f"{rank}  {name}"
        for name, rank, across in zip(ends["system"], ends["rank"], ends["across"], strict=True)
    ]
    return ends


def scatter_chart(table: pd.DataFrame, names: tuple[str, str]) -> Any:
    """Draw rsum on objects against rsum on scenes, with what is known of the spread of both."""
    points = table.assign(
        **{column: 100 * table[column] for side in _SIDES for column in (side, f"{side} low", f"{side} high")}
    )
    points["label"] = uncrowded([(*place, name) for place, name in zip(_shares(points), points["system"], strict=True)])
    scale = alt.Scale(zero=False, nice=True, padding=12)
    base = alt.Chart(points)
    few = alt.Axis(tickCount=6)
    x = alt.X("scene:Q", title=f"rsum on {names[0]}", scale=scale, axis=few)
    y = alt.Y("object:Q", title=f"rsum on {names[1]}", scale=scale, axis=few)
    bars = [
        base.transform_filter("isValid(datum['scene low'])")
        .mark_rule(opacity=0.7, color=NEUTRAL)
        .encode(x=alt.X("scene low:Q", title=f"rsum on {names[0]}", scale=scale, axis=few), x2="scene high:Q", y=y),
        base.transform_filter("isValid(datum['object low'])")
        .mark_rule(opacity=0.7, color=NEUTRAL)
        .encode(y=alt.Y("object low:Q", title=f"rsum on {names[1]}", scale=scale, axis=few), y2="object high:Q", x=x),
    ]
    legend = _legend(table)
    tooltip = ["system", alt.Tooltip("scene:Q", format=".1f"), alt.Tooltip("object:Q", format=".1f"), "change"]
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=x,
        y=y,
        color=alt.Color("change:N", scale=_COLOURS, legend=legend),
        shape=alt.Shape("change:N", scale=_SHAPES, legend=legend),
        tooltip=tooltip,
    )
    words = base.mark_text(align="left", dx=8, fontSize=12).encode(x=x, y=y, text="label:N")
    return alt.layer(*bars, dots, words).properties(height=400)


def _shares(points: pd.DataFrame) -> list[tuple[float, float]]:
    """Return where points lie, as shares of the picture from the left and from above."""
    across, up = (
        (points[side] - points[side].min()) / ((points[side].max() - points[side].min()) or 1.0) for side in _SIDES
    )
    return list(zip(across.tolist(), (1 - up).tolist(), strict=True))


def drop_chart(table: pd.DataFrame) -> Any:
    """Draw what every system loses from scenes to objects, the least first."""
    known = table[table["lost"].notna()].sort_values("lost", kind="stable")
    rows = pd.DataFrame({"system": known["system"], "lost": 100 * known["lost"]})
    rows["label"] = rows["lost"].map("{:.1f} %".format)
    y = alt.Y("system:N", sort=rows["system"].tolist(), title=None, axis=NAMES)
    x = alt.X("lost:Q", title="percent of rsum lost", scale=alt.Scale(padding=45), axis=alt.Axis(tickCount=6))
    base = alt.Chart(rows).encode(x=x, y=y)
    bars = base.mark_bar(color=SCENE, height=12).encode(tooltip=["system", alt.Tooltip("lost:Q", format=".1f")])
    right = base.transform_filter("datum.lost >= 0").mark_text(align="left", dx=5, fontSize=12)
    left = base.transform_filter("datum.lost < 0").mark_text(align="right", dx=-5, fontSize=12)
    return alt.layer(bars, right.encode(text="label:N"), left.encode(text="label:N")).properties(
        height=_ROW * len(rows) + _EDGE
    )
