"""The tables of how single queries were answered: who is ahead, who answers which, and how ranks are distributed."""

from collections.abc import Sequence
from itertools import combinations

from leaderboard.comparison import Comparison
from leaderboard.components import MISSING, table_html, text
from leaderboard.query_answers import BANDS, Answers, Faced, band_shares, faced
from splits.split import Direction

QUERIES = {Direction.I2T: "i2t: image queries", Direction.T2I: "t2i: caption queries"}
_FACED_HEADS = {
    "System": "",
    "Against": "",
    "Ahead": "Queries for which the first ranks a relevant candidate higher",
    "Level": "Queries for which both rank it at the same place",
    "Behind": "Queries for which the second ranks it higher",
    "Shares": "Ahead, level and behind as a bar",
    "Both": "Queries that both answer at R@1",
    "Only first": "Queries that only the first answers at R@1",
    "Only second": "Queries that only the second answers at R@1",
    "Neither": "Queries that neither answers at R@1",
}


def faced_html(found: Comparison) -> str:
    """Draw for every two systems on how many queries each is ahead, and which of them answer a query."""
    rows = []
    for direction, answers in found.answers.items():
        names = found.asked[direction]
        title = f"{QUERIES[direction]} ({len(answers.queries):,})"
        rows.append(f'<tr><th scope="rowgroup" colspan="{len(_FACED_HEADS)}">{title}</th></tr>')
        rows += [
            _faced_row(names[one], names[other], faced(answers, one, other))
            for one, other in combinations(range(len(names)), 2)
        ]
    return table_html(_FACED_HEADS, rows, words=("System", "Against"), kind="pairwise")


def _faced_row(first: str, second: str, counted: Faced) -> str:
    parts = (("win", counted.wins), ("tie", counted.ties), ("loss", counted.losses))
    bar = "".join(f'<i class="{kind}" style="width:{100 * n / counted.n:.2f}%"></i>' for kind, n in parts)
    numbers = (counted.both, counted.only_first, counted.only_second, counted.neither)
    return (
        f'<tr><th scope="row">{text(first)}</th><td class="words">{text(second)}</td>'
        f"{''.join(_counted(n, counted.n) for _, n in parts)}"
        f'<td><span class="bar" aria-hidden="true">{bar}</span></td>'
        f"{''.join(_counted(n, counted.n) for n in numbers)}</tr>"
    )


def _counted(number: int, total: int) -> str:
    return f"<td>{number:,}<small>{100 * number / total:.1f} %</small></td>"


def disagreement_html(answers: Answers, names: Sequence[str]) -> str:
    """Draw the share of queries that only one of two systems answers, for all pairs of three or more."""
    rows = []
    for one, name in enumerate(names):
        cells = (
            f"<td>{MISSING if one == other else f'{100 * faced(answers, one, other).disagreement:.1f}'}</td>"
            for other in range(len(names))
        )
        rows.append(f'<tr><th scope="row">{text(name)}</th>{"".join(cells)}</tr>')
    return table_html({"System": "", **dict.fromkeys(names, "")}, rows, words=("System",), kind="matrix")


def bands_html(found: Comparison) -> str:
    """Draw the share of queries in every band of ranks."""
    names = [f"{low:,}" if low == high else f"{low:,}–{high:,}" if high else f"over {low - 1:,}" for low, high in BANDS]
    rows = []
    for direction, answers in found.answers.items():
        rows.append(f'<tr><th scope="rowgroup" colspan="{len(BANDS) + 1}">{QUERIES[direction]}</th></tr>')
        for label, shares in zip(found.asked[direction], band_shares(answers), strict=True):
            cells = "".join(f"<td>{100 * share:.1f}</td>" for share in shares)
            rows.append(f'<tr><th scope="row">{text(label)}</th>{cells}</tr>')
    return table_html(
        {"Rank": "Of the best relevant candidate", **dict.fromkeys(names, "")}, rows, words=("Rank",), kind="pairwise"
    )
