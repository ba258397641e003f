"""Printed tables as HTML: digits and labels as they are printed, and every number that a finding names linked to it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from evaluator.audit.claim import Claim, Kind
from leaderboard.audit_marks import SIGNS, Marks, check_title
from leaderboard.audit_printed import PrintedBlock, PrintedRow
from leaderboard.audit_selection import cell_key
from leaderboard.components import DIRECTIONS, MISSING, scrolled, text
from submissions.audit_cells import cell
from submissions.claim_match import folded

_KIND_WORDS = {
    Kind.REPORTED: "reported by the authors of the system",
    Kind.REPRODUCED: "reproduced by this source",
    Kind.ABLATION: "without a part of the system",
}


def printed_html(block: PrintedBlock, claims: Sequence[Claim], marks: Marks) -> str:
    """Draw a block.

    Args:
        block: The rows to draw.
        claims: All claims of the source.
        marks: The findings that name a number.
    """
    names = Counter((row.table, row.label) for row in block.rows)
    shared = frozenset(name for name, count in names.items() if count > 1)
    body = ""
    for table, rows in groupby(block.rows, key=lambda row: row.table):
        body += f'<tr><th scope="rowgroup" colspan="{len(block.columns) + 1}">{text(table)}</th></tr>'
        body += "".join(_row(row, block.columns, claims, marks, shared) for row in rows)
    table = f'<table class="plain printed">{_head(block, claims)}<tbody>{body}</tbody></table>'
    label = ", ".join(dict.fromkeys(row.table for row in block.rows))
    return f"{scrolled(table, label)}{_kinds(block, claims)}"


def cell_words(claim: Claim) -> str:
    """Say what a number is of: its kind, our name of direction and metric, its runs, and what must be known of it."""
    words = [_KIND_WORDS[claim.kind] if not claim.ablation else f"without {claim.ablation}", measured_words(claim)]
    words += [f"mean of {claim.n_seeds} runs"] if claim.n_seeds else []
    words += [f"run {claim.seed}"] if claim.seed else []
    return " · ".join([*words, *([claim.note] if claim.note else [])])


def measured_words(claim: Claim) -> str:
    """Name direction, metric and protocol or dataset in our words."""
    side = f"{claim.direction.value} " if claim.direction else ""
    return f"{side}{claim.metric}" + (f" on {claim.ground}" if claim.ground else "")


def _head(block: PrintedBlock, claims: Sequence[Claim]) -> str:
    split = [column.rsplit(" ", 1) if " " in column else ["", column] for column in block.columns]
    groups = [(prefix, len(list(parts))) for prefix, parts in groupby(split, key=lambda part: part[0])]
    spans = "".join(
        f'<th class="group" colspan="{span}" scope="colgroup">{text(prefix)}</th>' for prefix, span in groups
    )
    leaves = "".join(
        f'<th scope="col">{text(leaf)}{_direction(_of_column(column, block, claims))}</th>'
        for column, (_, leaf) in zip(block.columns, split, strict=True)
    )
    name = '<th scope="col" class="name"{}>As printed</th>'
    if not any(prefix for prefix, _ in groups):
        return f"<thead><tr>{name.format('')}{leaves}</tr></thead>"
    return f"<thead><tr>{name.format(' rowspan=2')}{spans}</tr><tr>{leaves}</tr></thead>"


def _of_column(column: str, block: PrintedBlock, claims: Sequence[Claim]) -> list[Claim]:
    return [claims[place] for row in block.rows for place in row.cells.get(column, ())]


def _direction(claims: Sequence[Claim]) -> str:
    """Say below a printed label which direction it means here, and why on hover."""
    meant = {claim.direction for claim in claims}
    direction = meant.pop() if len(meant) == 1 else None
    if direction is None:
        return ""
    why = next((claim.direction_reason for claim in claims if claim.direction_reason), "")
    said = f"{DIRECTIONS[direction.value]}{': ' if why else ''}{why}"
    return f'<small title="{text(said)}">{direction.value}</small>'


def _row(
    row: PrintedRow, columns: Iterable[str], claims: Sequence[Claim], marks: Marks, shared: frozenset[tuple[str, str]]
) -> str:
    """Draw a row, with our name of its system where what is printed does not tell it."""
    own = [claims[place] for places in row.cells.values() for place in places]
    kinds = [kind for kind in Kind if any(claim.kind is kind for claim in own)]
    cells = "".join(f"<td>{_cell(row.cells.get(column, ()), kinds, claims, marks)}</td>" for column in columns)
    known = folded(row.system) in folded(row.label) and (row.table, row.label) not in shared
    name = "" if known else f"<small>{text(row.system)}</small>"
    return f'<tr><th scope="row" class="name">{text(row.label)}{name}</th>{cells}</tr>'


def _cell(places: Sequence[int], kinds: Sequence[Kind], claims: Sequence[Claim], marks: Marks) -> str:
    """Draw the numbers of a cell with slashes between; one that is missing before another has a dash."""
    of_kind = {kind: [place for place in places if claims[place].kind is kind] for kind in kinds}
    last = max((number for number, kind in enumerate(kinds) if of_kind[kind]), default=-1)
    drawn = []
    for kind in kinds[: last + 1]:
        drawn += [_number(place, claims[place], marks) for place in of_kind[kind]] or [MISSING]
    return "/".join(drawn) or MISSING


def _number(place: int, claim: Claim, marks: Marks) -> str:
    named = marks.get(cell_key(cell(claim)), ())
    words = cell_words(claim)
    if not named:
        return f'<span title="{text(words)}">{text(claim.printed)}</span>'
    said = "; ".join(f"{one['severity']}, {check_title(one['check'])}: {one['arithmetic']}" for one in named)
    links = "".join(
        f'<a href="#finding-{one["number"]}" target="_self" title="{text(one["arithmetic"])}">'
        f"{SIGNS[one['severity']]}{one['number']}</a>"
        for one in named
    )
    return (
        f'<mark id="cell-{place}" class="{named[0]["severity"]}" title="{text(words)}. {text(said)}">'
        f"{text(claim.printed)}<sup>{links}</sup></mark>"
    )


def _kinds(block: PrintedBlock, claims: Sequence[Claim]) -> str:
    """Explain slashes where a cell holds several numbers."""
    own = [claims[place] for row in block.rows for places in row.cells.values() for place in places]
    kinds = [kind for kind in Kind if any(claim.kind is kind for claim in own)]
    if len(kinds) < 2:
        return ""
    parts = sorted({claim.ablation for claim in own if claim.ablation})
    words = {**{kind: kind.value for kind in Kind}, Kind.ABLATION: f"without {' or '.join(parts)}"}
    return f'<p class="note">A cell is {text(" / ".join(words[kind] for kind in kinds))}.</p>'
