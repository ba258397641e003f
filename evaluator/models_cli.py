"""`rematch models`: which checkpoints can be run by name, and what is known of each."""

from typing import Annotated, Any

import typer

from splits.terminal import JsonFlag, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Models that can be run by name: list, show.")

COLUMNS = ("reference", "parameters", "pixels", "pre-training data", "setting", "licence")


@app.command("list")
def list_models(
    *,
    family: Annotated[str | None, typer.Option(metavar="NAME", help="Only this family, e.g. open_clip.")] = None,
    installed: Annotated[
        bool, typer.Option("--installed", help="Also those that the installed libraries list; takes seconds.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the checkpoints whose facts are written down, and with --installed all that the libraries name."""
    from evaluator.checkpoints import families_named, known_checkpoints

    families = families_named(family)
    rows = known_checkpoints(families, installed=installed)
    if as_json:
        print_json([row.document() for row in rows])
    else:
        facts = [row.document() for row in rows]
        keys = ("reference", "parameters", "resolution", "pretraining_data", "setting", "licence")
        print_table(COLUMNS, [[_cell(row[key], key) for key in keys] for row in facts])
        for one in families:
            typer.echo(f"{one.title}: {one.name}:{one.grammar}", err=True)
    for one in families:
        missing = one.missing_packages
        if missing:
            told = "what is listed of it is only what is written down here, and " if one.installed else ""
            typer.echo(f"{one.name} needs {', '.join(missing)}, not installed: {told}it cannot be run.", err=True)


@app.command()
def show(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="Family and name, e.g. open_clip:RN50/cc12m.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show what is known of a checkpoint: source, revision, licence, size, data, setting and prompt."""
    from evaluator.checkpoints import find_known

    known = find_known(reference)
    document = known.document() | {
        "title": known.family.title,
        "grammar": f"{known.family.name}:{known.family.grammar}",
        "two_stage": known.family.is_two_stage,
        "needs_candidates": known.family.needs_candidates,
        "missing_packages": known.family.missing_packages,
    }
    if as_json:
        return print_json(document)
    width = max(map(len, document))
    for key, value in document.items():
        typer.echo(f"{key.replace('_', ' '):<{width}}  {_cell(value, key)}")
    return None


def _cell(value: Any, key: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value / 1e6:,.1f} M" if key == "parameters" else str(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "-" if value is None or value == "" else str(value)
