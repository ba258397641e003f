"""The tables of the page that compares systems, as HTML."""

from collections.abc import Sequence

from evaluator.audit.head_to_head import Pair, tallies
from leaderboard.comparison import Change, Comparison
from leaderboard.components import (
    DIRECTIONS,
    MISSING,
    entry_link,
    interval,
    plus_minus,
    scrolled,
    shown,
    table_html,
    text,
)

STAR = '<abbr title="beyond noise: both tests are significant at 5 %">*</abbr>'
_PAIR_HEADS = {
    "System": "",
    "Against": "",
    "Gap": "The value of the first less that of the second",
    "95 % interval": "Of the gap, over images",
    "p": "Paired test over images",
    "p, Holm": "Corrected over all pairs shown: below 0.05 the queries tell the two apart",
    "p, seeds": "Welch's test over runs; none where no system has two runs that differ",
    "Outcome": "Win or loss of the first where both tests are significant, else tie",
}


def difference(column: str, gap: float | None) -> str:
    """Show a difference in the unit of its column, always with its sign.

    >>> difference("rsum", 0.0131), difference("i2t MedR", -2.0), difference("rsum", 0.0)
    ('+1.3', '−2.0', '±0.0')
    """
    if gap is None or gap != gap:
        return MISSING
    figure = shown(column, abs(gap))
    # What rounds to nothing has no sign worth showing.
    sign = "±" if float(figure) == 0 else "+" if gap > 0 else "−"
    return f"{sign}{figure}"


def p_value(value: float | None) -> str:
    """Show a p-value with three decimals.

    >>> p_value(0.0002), p_value(0.04), p_value(None)
    ('< 0.001', '0.040', '–')
    """
    if value is None:
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def measures_html(found: Comparison) -> str:
    """Draw every metric of every system, and how far each is from the first."""
    links = [
        entry_link(str(submission), label)
        for submission, label in zip(found.table["submission"], found.labels, strict=True)
    ]
    heads = "".join(
        f'<th scope="colgroup" class="group system"{"" if number == 0 else " colspan=2"}>{link}</th>'
        for number, link in enumerate(links)
    )
    rows, side, width = [], None, 2 * len(links)
    for name in found.columns:
        direction = name.rpartition(" ")[0] or "both"
        if direction != side:
            side = direction
            title = text(DIRECTIONS.get(side, side))
            rows.append(f'<tr><th scope="rowgroup" colspan="{width}">{title}</th></tr>')
        rows.append(_measure_row(found, name))
    return scrolled(
        '<table class="plain numbers compare"><thead><tr>'
        f'<th scope="col" class="words">Metric</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _measure_row(found: Comparison, name: str) -> str:
    first = found.table[name].iloc[0]
    changes = found.changes.get(name, {})
    cells = []
    for number, label in enumerate(found.labels):
        row = found.table.iloc[number]
        cells.append(
            f'<td>{shown(name, row[name])}<span class="std">{plus_minus(name, row[f"{name} std"])}</span></td>'
        )
        if number:
            cells.append(_change_cell(name, row[name] - first, changes.get(label)))
    return f'<tr><th scope="row">{text(name.split(" ")[-1])}</th>{"".join(cells)}</tr>'


def _change_cell(name: str, gap: float, change: Change | None) -> str:
    if change is None:
        return f'<td class="change">{difference(name, gap)}</td>'
    between = interval(name, *change.ci95).replace("-", "−")
    why = f"95 % interval of the difference {between}; p = {p_value(change.adjusted)} after Holm's correction"
    star = STAR if change.is_beyond_noise else ""
    return f'<td class="change" title="{text(why)}">{difference(name, gap)}{star}</td>'


def pairs_html(name: str, pairs: Sequence[Pair]) -> str:
    """Draw every two systems against each other in one value."""
    rows = (
        f'<tr><th scope="row">{text(one.first)}</th><td class="words">{text(one.second)}</td>'
        f"<td>{difference(name, one.test.gap)}</td><td>{interval(name, *one.test.ci95).replace('-', '−')}</td>"
        f"<td>{p_value(one.test.pvalue)}</td><td>{p_value(one.adjusted)}</td><td>{p_value(one.seeds_pvalue)}</td>"
        f'<td class="words">{text(one.outcome)}</td></tr>'
        for one in pairs
    )
    return table_html(_PAIR_HEADS, rows, words=("System", "Against", "Outcome"), kind="pairwise")


def tallies_words(pairs: Sequence[Pair]) -> str:
    """Say how each of three systems or more fares against all others."""
    counted = tallies(pairs)
    return (
        "; ".join(f"{name}: {own.wins} won, {own.ties} tied, {own.losses} lost" for name, own in counted.items()) + "."
    )
