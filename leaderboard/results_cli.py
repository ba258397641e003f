"""`rematch results`: the boards in a terminal, a spreadsheet, a script or a paper."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from splits.errors import UnknownNameError
from splits.terminal import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from submissions.board_query import BoardKey

app = typer.Typer()


class Form(StrEnum):
    """How a board is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    LATEX = "latex"


@app.command()
def results(
    protocol: Annotated[str | None, typer.Option(help="Which board; without it, the boards are listed.")] = None,
    split: Annotated[str | None, typer.Option(help="A split's name or digest, where there are several.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The board as it was at the end of this day, UTC.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to print it.")] = Form.TABLE,
) -> None:
    """Print a board: ranks, means and spreads over seeds, intervals and badges."""
    from leaderboard.standings import board_standings, find_board
    from submissions.board_query import board_keys
    from submissions.database import prepare, session

    day = as_of.date() if as_of else None
    prepare()
    with session() as opened:
        boards = board_keys(opened, as_of=day)
        if day and not boards:
            raise UnknownNameError(f"Nothing was here by the end of {day}. Name a later day: --as-of YYYY-MM-DD.")
        if protocol is None:
            _print_boards(boards, form)
            return
        board = find_board(boards, protocol, split=split)
        table = board_standings(opened, board, as_of=day)
    _print_board(table, board, form, day)


def _print_board(table: "pd.DataFrame", board: "BoardKey", form: Form, day: date | None) -> None:
    from leaderboard import exports
    from leaderboard.latex_table import as_latex
    from submissions.findings import count_of

    then = f" as of the end of {day} UTC" if day else ""
    named = f"{board.protocol} version {board.version} on {board.split}{then}"
    if form is Form.CSV:
        typer.echo(exports.as_csv(table), nl=False)
    elif form is Form.JSON:
        typer.echo(exports.as_json(table, board, as_of=day))
    elif form is Form.LATEX:
        typer.echo(f"% {named}")
        typer.echo(as_latex(table))
    else:
        typer.echo(f"{named}: {count_of(len(table), 'submission')}, percent, mean ± std", err=True)
        _print_table(*exports.text_rows(table))


def _print_boards(boards: "Sequence[BoardKey]", form: Form) -> None:
    from dataclasses import asdict

    if form is Form.JSON:
        print_json([asdict(board) for board in boards])
        return
    if not boards:
        typer.echo("No results yet. Hand in a first one: rematch submit MANIFEST; or see some: rematch demo.", err=True)
        return
    heads = ["protocol", "version", "split", "type", "submissions"]
    rows = [
        [board.protocol, str(board.version), board.split, board.centricity, str(board.n_submissions)]
        for board in boards
    ]
    if form is Form.CSV:
        import csv
        import sys

        csv.writer(sys.stdout, lineterminator="\n").writerows([heads, *rows])
        return
    _print_table(heads, rows)


def _print_table(heads: "Sequence[str]", rows: "Sequence[Sequence[str]]") -> None:
    numeric = [all(_starts_as_number(row[at]) for row in rows) for at in range(len(heads))]
    widths = [max(len(line[at]) for line in (heads, *rows)) for at in range(len(heads))]
    for line in (heads, ["-" * width for width in widths], *rows):
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        typer.echo("  ".join(cells).rstrip())


def _starts_as_number(cell: str) -> bool:
    return not cell or cell[0].isdigit() or cell == "–"
