"""What every part of the command prints alike: JSON for machines, plain tables for people."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of a table.")]


def print_json(document: Any) -> None:
    """Print a document as JSON."""
    import json

    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns, as wide as the terminal is."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, highlight=False)
    # A pipe or a file has no width of its own: never cut an id or a digest short there.
    Console(width=None if console.is_terminal else 240, markup=False, highlight=False).print(table)
