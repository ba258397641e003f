"""The picture of the page that compares systems: the share of queries answered within each rank."""

from typing import Any

import numpy as np
import pandas as pd

from leaderboard.comparison import Comparison
from leaderboard.query_answers import shares_within
from splits.split import Direction

COLOURS = ("#2f78b7", "#c8731a", "#1a9a78", "#b5518f", "#8a7a1f")
"""Told apart under every kind of colour vision, and readable on white and on black."""
DASHES = ([1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [12, 4])
"""Colour is never the only difference."""
TITLES = {Direction.I2T: "image queries (i2t)", Direction.T2I: "caption queries (t2i)"}
_POINTS = 60
_HEIGHT, _LEGEND_ROW = 260, 20


def limits_up_to(largest: float) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the ranks at which shares are drawn: every one of the first ten, then ever further apart."""
    last = max(int(np.ceil(largest)), 10)
    spaced = np.unique(np.geomspace(10, last, _POINTS).round().astype(np.int64))
    return np.unique(np.concatenate([np.arange(1, 11), spaced]))


def rank_shares(found: Comparison, direction: Direction) -> pd.DataFrame:
    """Lay out the share of queries within each rank: one row for a system and a rank."""
    answers = found.answers[direction]
    limits = limits_up_to(max(float(ranks[-1]) for ranks in answers.every_rank))
    parts = [
        pd.DataFrame({"system": label, "rank": limits, "percent": 100 * shares})
        for label, shares in zip(found.asked[direction], shares_within(answers, limits), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def ranks_chart(found: Comparison, direction: Direction) -> Any:
    """Draw the share of queries with a relevant candidate within each rank."""
    import altair as alt

    names = list(found.asked[direction])
    places = [found.labels.index(name) for name in names]
    # One below the other: on a phone there is no room for two.
    legend = alt.Legend(columns=1, labelLimit=320)
    return (
        alt.Chart(rank_shares(found, direction))
        .mark_line(strokeWidth=2, interpolate="step-after")
        .encode(
            x=alt.X(
                "rank:Q", scale=alt.Scale(type="log", nice=False), title="Rank of the best relevant candidate, at most"
            ),
            y=alt.Y("percent:Q", scale=alt.Scale(domain=[0, 100]), title="Queries, percent"),
            color=alt.Color(
                "system:N", scale=alt.Scale(domain=names, range=[COLOURS[place] for place in places]), legend=legend
            ),
            strokeDash=alt.StrokeDash(
                "system:N", scale=alt.Scale(domain=names, range=[DASHES[place] for place in places]), legend=legend
            ),
            tooltip=[
                alt.Tooltip("system:N", title="System"),
                alt.Tooltip("rank:Q", title="Rank at most"),
                alt.Tooltip("percent:Q", title="Queries, %", format=".1f"),
            ],
        )
        .properties(height=_HEIGHT + _LEGEND_ROW * len(names))
    )


def ranks_alt(found: Comparison, direction: Direction) -> str:
    """Say in a sentence what the picture shows."""
    answers = found.answers[direction]
    within = shares_within(answers, np.array([1, 10]))
    words = "; ".join(
        f"{label}: {100 * first:.1f} % at rank 1, {100 * ten:.1f} % within 10"
        for label, (first, ten) in zip(found.asked[direction], within, strict=True)
    )
    return f"Share of {TITLES[direction]} with a relevant candidate within each rank. {words}."
