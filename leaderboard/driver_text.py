"""What goes with a higher R@1, in sentences: how many points, how far they go together, and that it is no cause."""

import pandas as pd

from leaderboard.components import percent
from leaderboard.drivers import FEWEST, Association

CAUTION = (
    "This is observation and not cause: systems differ in more than one thing at a time, and variants of one system are"
    " not independent of each other."
)

MOST_GROUPS = 20
"""Smaller groups than the largest so many are left out: data can be named in any way."""
CAUTION_PAIRS = "Each pair is one system trained both ways by the source; other settings may have changed with it."


def association_sentence(found: Association, name: str, metric: str) -> str:
    """Say how far a number goes with R@1.

    Args:
        found: Of which points, and how far.
        name: What the number is, such as `parameters`.
        metric: Such as `i2t R@1`.
    """
    if found.n < FEWEST:
        return f"{_points(found.n)} with known {name}: too few for a correlation, which takes {FEWEST}."
    if found.tau is None:
        return f"{_points(found.n)} with known {name}: no correlation, because one of both is the same for all."
    words = f"Over {found.n:,} points Kendall's tau of {name} and {metric} is {found.tau:.2f}"
    if found.interval is None:
        return f"{words}: every two points are in the same order, or every two in the other."
    low, high = found.interval
    side = "higher" if low > 0 else "lower"
    verdict = "the interval holds 0, so they may not go together" if low <= 0 <= high else f"more {name}, {side} values"
    return f"{words} [{low:.2f}, {high:.2f}]; {verdict}."


def group_sentence(groups: pd.DataFrame, metric: str) -> str:
    """Say the mean of every group and of how many points it is.

    Args:
        groups: From `group_means`.
        metric: Such as `i2t R@1`.
    """
    parts = [f"{row['group']} {percent(row['mean'])} (n = {row['n']})" for row in groups.to_dict("records")]
    return f"Mean {metric}: {', '.join(parts)}." if parts else ""


def group_means(points: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the number, mean, lowest and highest value of the largest groups, the highest mean first."""
    found = points[points[name].notna()].groupby(name)["value"].agg(n="size", mean="mean", low="min", high="max")
    table = found.rename_axis("group").reset_index()
    largest = table.sort_values("n", ascending=False, kind="stable").head(MOST_GROUPS)
    return largest.sort_values("mean", ascending=False, kind="stable", ignore_index=True)


def gain_sentence(pairs: pd.DataFrame, metric: str) -> str:
    """Say in how many systems hard negatives go with a higher value, and by how much."""
    better = int((pairs["gain"] > 0).sum())
    rows = pairs.to_dict("records")
    most, least = rows[0], rows[-1]
    return (
        f"With hard negatives {metric} is higher in {better} of {len(rows)} systems; the difference goes from"
        f" {_signed(least['gain'])} points ({least['system']}) to {_signed(most['gain'])} ({most['system']})."
    )


def _signed(gain: float) -> str:
    return f"{100 * gain:+.1f}"


def _points(n: int) -> str:
    return f"{n} point{'' if n == 1 else 's'}"
