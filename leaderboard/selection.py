"""Which rows of a board a viewer sees, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from leaderboard.components import higher_is_better
from leaderboard.standings import metric_columns

NOT_STATED = "not stated"
NOT_PRETRAINED = "none"
"""Among pre-training data: whoever handed it in says that there was none."""

BY_NAME = ("system", "submitter", "setting", "interaction", "evidence")
BY_NUMBER = ("seeds", "parameters", "pretraining_pairs")
"""Facts with the largest first."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A viewer's filters and order; what is empty or None filters nothing."""

    setting: str | None = None
    words: str = ""
    smallest: float | None = None
    """The fewest parameters, in millions. Systems of unknown size are left out where there is a bound."""
    largest: float | None = None
    data: tuple[str, ...] = ()
    """Pre-training data, of which one is enough."""
    interactions: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    is_verified: bool = False
    order: str = "rank"
    is_reversed: bool = False


def orders(table: pd.DataFrame) -> tuple[str, ...]:
    """List what a board can be sorted by."""
    return ("rank", *metric_columns(table), "newest", *BY_NUMBER, *BY_NAME)


def data_names(table: pd.DataFrame) -> list[str]:
    """List the pre-training data of a board, whatever is not stated last."""
    stated = table["pretraining_data"].dropna()
    names = sorted(stated.explode().dropna().unique(), key=str.casefold)
    none = [NOT_PRETRAINED] if (stated.map(len) == 0).any() else []
    return [*names, *none, *([NOT_STATED] if len(stated) < len(table) else [])]


def interaction_names(table: pd.DataFrame) -> list[str]:
    """List the interactions of a board, whatever is not stated last."""
    stated = table["interaction"].dropna()
    return [*sorted(stated.unique()), *([NOT_STATED] if len(stated) < len(table) else [])]


def select_rows(table: pd.DataFrame, chosen: Selection) -> pd.DataFrame:
    """Filter and order a board; ranks stay those of the whole board.

    Every word of the search must occur in system, submitter or badges, in any case.
    """
    return _ordered(table[_kept(table, chosen)], chosen)


def _kept(table: pd.DataFrame, chosen: Selection) -> pd.Series:
    kept = pd.Series(True, index=table.index)
    if chosen.setting is not None:
        kept &= table["setting"] == chosen.setting
    if chosen.smallest is not None:
        kept &= (table["parameters"] >= chosen.smallest * 1e6).fillna(False).astype(bool)
    if chosen.largest is not None:
        kept &= (table["parameters"] <= chosen.largest * 1e6).fillna(False).astype(bool)
    if chosen.data:
        kept &= _with_data(table["pretraining_data"], chosen.data)
    if chosen.interactions:
        kept &= table["interaction"].fillna(NOT_STATED).isin(chosen.interactions)
    if chosen.evidence:
        kept &= table["evidence"].isin(chosen.evidence)
    if chosen.is_verified:
        kept &= table["verified"]
    return kept & _with_words(table, chosen.words)


def _with_data(data: pd.Series, names: Sequence[str]) -> pd.Series:
    # A row of several names becomes several rows; the one with no name keeps its row, without a value.
    single = data.explode()
    empty = single.isna()
    is_stated = data.notna().reindex(single.index)
    words = single.where(~empty, NOT_STATED).mask(empty & is_stated, NOT_PRETRAINED)
    return words.isin(names).groupby(level=0).any().reindex(data.index, fill_value=False)


def _with_words(table: pd.DataFrame, words: str) -> pd.Series:
    found = pd.Series(True, index=table.index)
    if words.split():
        haystack = table["system"] + "\n" + table["submitter"] + "\n" + table["badges"].map(" ".join)
        for word in words.lower().split():
            found &= haystack.str.lower().str.contains(word, regex=False)
    return found


def ascends(chosen: Selection) -> bool:
    """Whether rows go up or from A to Z, as by ranks and names; other numbers begin with the best or largest."""
    begins_low = chosen.order == "rank" or chosen.order in BY_NAME or not higher_is_better(chosen.order)
    return begins_low is not chosen.is_reversed


def _ordered(table: pd.DataFrame, chosen: Selection) -> pd.DataFrame:
    """Sort by one column."""
    if chosen.order == "rank":
        return _sorted(table.iloc[::-1], "rank", ascending=False) if chosen.is_reversed else table
    column = "created" if chosen.order == "newest" else chosen.order
    return _sorted(table, column, ascending=ascends(chosen)) if column in table.columns else table


def _sorted(table: pd.DataFrame, column: str, *, ascending: bool) -> pd.DataFrame:
    key = (lambda names: names.str.casefold()) if column in BY_NAME else None
    return table.sort_values(column, ascending=ascending, key=key, kind="stable", na_position="last")
