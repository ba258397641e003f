"""Which rows of a board a viewer sees, and in which order."""

from dataclasses import dataclass

import pandas as pd

from leaderboard.standings import leading_columns

ORDERS = ("rank", "i2t R@1", "t2i R@1", "system", "newest")


@dataclass(frozen=True, slots=True)
class Selection:
    """A viewer's filters."""

    setting: str | None = None
    words: str = ""
    order: str = "rank"


def select_rows(table: pd.DataFrame, chosen: Selection) -> pd.DataFrame:
    """Filter and order a board; ranks stay those of the whole board.

    Every word of the search must occur in system, submitter or badges, in any case.
    """
    kept = table if chosen.setting is None else table[table["setting"] == chosen.setting]
    if chosen.words.split():
        haystack = kept["system"] + "\n" + kept["submitter"] + "\n" + kept["badges"].map(" ".join)
        lowered = haystack.str.lower()
        for word in chosen.words.lower().split():
            lowered = lowered[lowered.str.contains(word, regex=False)]
        kept = kept.loc[lowered.index]
    return _ordered(kept, chosen.order)


def _ordered(table: pd.DataFrame, order: str) -> pd.DataFrame:
    if order == "system":
        return table.sort_values("system", key=lambda names: names.str.lower(), kind="stable")
    if order == "newest":
        return table.sort_values("created", ascending=False, kind="stable")
    if order in table.columns and order not in ("rank", *leading_columns(table)):
        return table.sort_values(order, ascending=False, kind="stable", na_position="last")
    return table
