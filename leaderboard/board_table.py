"""The boards as HTML tables: group headers per direction, best bold, second underlined.

A static table is read by people, screen readers and tests alike, which the canvas of an interactive grid is not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leaderboard.board_claims import ClaimRow
from leaderboard.board_columns import ABOUT, IN_WORDS, MEANINGS, in_words, meaning
from leaderboard.claim_table import claims_html
from leaderboard.components import (
    DIRECTIONS,
    MISSING,
    badges,
    entry_link,
    higher_is_better,
    hover,
    interval,
    marked,
    plus_minus,
    shown,
    text,
)

ROWS_PER_PAGE = 100
Place = tuple[float, float]
"""The best and the second-best value of a column."""
Head = Callable[[str, str], str]
"""Draws the head of a column from its name and words; a board that can be sorted links it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a viewer chose to see beside the means."""

    intervals: bool = True
    about: tuple[str, ...] = ()
    """Facts of the systems, as columns before the numbers."""
    claims: tuple[ClaimRow, ...] = ()
    """Rows from papers."""
    sorted_by: str = ""
    """The column that the rows are sorted by."""
    ascends: bool = True


def places(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, Place]:
    """Find the best and the second-best different value of every column, over the whole board."""
    found: dict[str, Place] = {}
    for name in columns:
        values = sorted(set(table[name].dropna()), reverse=higher_is_better(name))
        best, second, *_ = [*values, float("nan"), float("nan")]
        found[name] = (best, second)
    return found


def board_html(
    page: pd.DataFrame, best: Mapping[str, Place], look: Look | None = None, *, head: Head | None = None
) -> str:
    """Draw the rows of one page of a board.

    Args:
        page: The rows to draw.
        best: From `places`; its keys are the columns to draw.
        look: What to show beside the means.
        head: Draws the words of a column's head; as they are if omitted.
    """
    look = look or Look()
    columns = list(best)
    rows = "".join(_row(row, best, look) for row in page.to_dict("records"))
    edges = {name: _edge(columns, name) for name in columns}
    papers = claims_html(look.claims, edges, n_about=len(look.about))
    heads = _head(columns, look, head or (lambda _, words: text(words)))
    return f'<div class="scroll"><table class="board">{heads}<tbody>{rows}</tbody>{papers}</table></div>'


def _head(columns: Sequence[str], look: Look, head: Head) -> str:
    def tall(name: str, words: str, explained: str, more: str = "") -> str:
        return f'<th rowspan="2" scope="col"{more}{_sort(name, look)}{hover(explained)}>{head(name, words)}</th>'

    groups: dict[str, int] = {}
    for name in columns:
        side = name.split(" ")[0] if " " in name else "both"
        groups[side] = groups.get(side, 0) + 1
    spans = "".join(
        f'<th class="group" colspan="{span}" scope="colgroup">{DIRECTIONS.get(side, side)}</th>'
        for side, span in groups.items()
    )
    names = "".join(
        f'<th{_edge(columns, name)} scope="col"{_sort(name, look)}{hover(meaning(name))}>'
        f"{head(name, name.split(' ')[-1])}</th>"
        for name in columns
    )
    first = tall("rank", "Rank", _RANK) + tall("system", "System", "", ' class="name"')
    facts = tall("seeds", "Seeds", "How many runs were scored.")
    facts += "".join(tall(name, ABOUT[name], MEANINGS[name], _side(name)) for name in look.about)
    return f"<thead><tr>{first}{facts}{spans}</tr><tr>{names}</tr></thead>"


_RANK = "1 + the number of systems that are better by more than both kinds of noise; ranks are shared."


def _sort(name: str, look: Look) -> str:
    return f' aria-sort="{"ascending" if look.ascends else "descending"}"' if name == look.sorted_by else ""


def _side(name: str) -> str:
    return ' class="words"' if name in IN_WORDS else ""


def _edge(columns: Sequence[str], name: str) -> str:
    position = list(columns).index(name)
    before = columns[position - 1].split(" ")[0] if position else ""
    return "" if before == name.split(" ")[0] else ' class="edge"'


def _row(row: Mapping[Any, Any], best: Mapping[str, Place], look: Look) -> str:
    columns = list(best)
    cells = "".join(_cell(row, name, best[name], edge=_edge(columns, name), look=look) for name in columns)
    rank = MISSING if pd.isna(row["rank"]) else str(row["rank"])
    facts = "".join(f"<td{_side(name)}>{text(in_words(name, row[name]))}</td>" for name in look.about)
    return f'<tr><td class="rank">{rank}</td>{_name(row)}<td class="seeds">{row["seeds"]}</td>{facts}{cells}</tr>'


def _name(row: Mapping[Any, Any]) -> str:
    marks = badges(row["badges"])
    return (
        f'<th scope="row" class="name">{entry_link(str(row["submission"]), str(row["system"]))}'
        f"<small>{text(row['submitter'])} · {text(row['setting'])}</small>{marks}</th>"
    )


def _cell(row: Mapping[Any, Any], name: str, best: Place, *, edge: str, look: Look) -> str:
    value, std, low, high = (row[f"{name}{part}"] for part in ("", " std", " low", " high"))
    figure = marked(shown(name, value), value, best)
    spread = plus_minus(name, std)
    between = interval(name, low, high)
    under = f"<small>{between}</small>" if look.intervals and between else ""
    told = hover(f"95 % interval {between}" if between else "")
    return f'<td{edge}{told}>{figure}<span class="std">{spread}</span>{under}</td>'
