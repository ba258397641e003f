"""The rows from papers below a board: in a group of their own, with a dagger on every number, and without a rank."""

from collections.abc import Mapping, Sequence

from leaderboard.board_claims import ClaimRow, PrintedNumber
from leaderboard.components import DAGGER, MISSING, hover, text


def claims_html(rows: Sequence[ClaimRow], columns: Mapping[str, str], *, n_about: int) -> str:
    """Draw a group of rows from papers as a further body of a board's table.

    Args:
        rows: What to draw; nothing is drawn for none.
        columns: The measured columns, each with the attribute that its cells have.
        n_about: How many columns with facts stand before them.
    """
    if not rows:
        return ""
    span = 3 + n_about + len(columns)
    head = (
        f'<tr><th class="name papers" colspan="{span}" scope="rowgroup">{DAGGER} From papers, as printed: not measured'
        " here and never ranked</th></tr>"
    )
    return f"<tbody>{head}{''.join(_row(row, columns, n_about) for row in rows)}</tbody>"


def _row(row: ClaimRow, columns: Mapping[str, str], n_about: int) -> str:
    about = f"<td>{MISSING}</td>" * n_about
    cells = "".join(f"<td{edge}>{_printed(row.numbers.get(name))}</td>" for name, edge in columns.items())
    seeds = MISSING if row.n_seeds is None else str(row.n_seeds)
    system = f"<span>{text(row.system)} {DAGGER}</span>{_where(row)}"
    name = f'<th scope="row" class="name"{hover(row.source.citation)}>{system}</th>'
    return f'<tr class="claim"><td class="rank">{MISSING}</td>{name}<td class="seeds">{seeds}</td>{about}{cells}</tr>'


def _where(row: ClaimRow) -> str:
    words = text(row.where)
    if row.source.url.startswith(("https://", "http://")):
        words = f'<a href="{text(row.source.url)}" rel="noreferrer">{words}</a>'
    return f"<small>{words}</small>"


def _printed(number: PrintedNumber | None) -> str:
    if number is None:
        return MISSING
    scale = hover("Printed as a fraction.") if number.scale == "fraction" else ""
    return f"<span{scale}>{text(number.digits)}{DAGGER}</span>"
