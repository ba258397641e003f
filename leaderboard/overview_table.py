"""All boards beside each other as one HTML table: one row per system, scene-centric boards first."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from leaderboard.components import MISSING, badges, entry_link, plus_minus, shown, text
from leaderboard.overview import Overview


def overview_html(overview: Overview, *, rows: slice = slice(None)) -> str:
    """Draw one row per system with the value and rank on every board, scene-centric boards first."""
    spans: dict[str, int] = {}
    for board in overview.boards:
        spans[board.centricity] = spans.get(board.centricity, 0) + 1
    groups = "".join(
        f'<th class="group" colspan="{span}" scope="colgroup">{text(side.capitalize())}</th>'
        for side, span in spans.items()
    )
    names = "".join(f'<th class="edge" scope="col">{text(label)}</th>' for label in overview.labels)
    body = "".join(_overview_row(row, overview) for row in overview.table.iloc[rows].to_dict("records"))
    return (
        f'<div class="scroll"><table class="board overview"><thead><tr><th rowspan="2" scope="col" class="name">System'
        f"</th>{groups}</tr><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _overview_row(row: Mapping[Any, Any], overview: Overview) -> str:
    cells = []
    for number in range(len(overview.labels)):
        value, std, rank = (row[f"{number} {part}"] for part in ("value", "std", "rank"))
        if pd.isna(value):
            cells.append(f'<td class="edge">{MISSING}</td>')
            continue
        place = "unranked" if pd.isna(rank) else f"rank {rank:.0f}"
        link = entry_link(str(row[f"{number} submission"]), shown("rsum", value))
        figure = f"<b>{link}</b>" if rank == 1 else link
        spread = plus_minus("rsum", std)
        cells.append(f'<td class="edge">{figure}<span class="std">{spread}</span><small>{place}</small></td>')
    name = f"{text(row['system'])}<small>{text(row['submitter'])}</small>{badges(row['variant'])}"
    return f'<tr><th scope="row" class="name">{name}</th>{"".join(cells)}</tr>'
