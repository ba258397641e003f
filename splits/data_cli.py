"""`rematch data`: see whether the pictures and captions of a dataset are all there."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from splits.terminal import JsonFlag, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Pictures and captions of datasets: what is there, what is missing.")


@app.callback()
def _group() -> None:
    """Pictures and captions of datasets: what is there, what is missing."""


@app.command()
def check(
    name: Annotated[
        str | None, typer.Argument(metavar="DATASET|SPLIT", help="Default: an overview of all, exit code 0.")
    ] = None,
    split: Annotated[Path | None, typer.Option("--split", metavar="FILE", help="A split file of your own.")] = None,
    folder: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Where the data is; default: $REMATCH_DATA/DATASET.")
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Decode every picture, to find damaged ones.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what is there, what is missing and where to obtain it; exit code 1 when anything asked for is missing."""
    from splits.data_report import COMPLETE, definitions_named, report_on_definition, report_on_split

    if name is not None and split is not None:
        raise typer.BadParameter("name a dataset or a split file, not both", param_hint="--split")
    if folder is not None and name is None and split is None:
        raise typer.BadParameter("say which dataset or split file the folder is for", param_hint="--folder")
    watch = _with_bar if pictures else None
    if split is not None:
        reports = [report_on_split(split, folder=folder, watch=watch)]
    else:
        reports = [report_on_definition(one, folder=folder, watch=watch) for one in definitions_named(name)]
    is_overview = name is None and split is None
    print_json(reports) if as_json else _print_reports(reports, is_overview=is_overview)
    if not is_overview and any(report["state"] != COMPLETE for report in reports):
        raise typer.Exit(1)


def _print_reports(reports: list[dict[str, Any]], *, is_overview: bool) -> None:
    print_table(("split", "data", "pictures", "captions", "folder"), [_row(report) for report in reports])
    if is_overview:
        typer.echo("What is missing, and where to obtain it: rematch data check DATASET")
        return
    for problem in dict.fromkeys(problem for report in reports for problem in report["problems"]):
        typer.echo(problem)
    for advice in dict.fromkeys(report["advice"] for report in reports if report["advice"]):
        typer.echo(f"\n{advice}")


def _row(report: dict[str, Any]) -> list[str]:
    lost_captions = [report["missing_captions"], report["empty_captions"]]
    return [
        report["split"],
        report["state"],
        _share(report["images"], [report["missing_pictures"], report.get("damaged_pictures", {"count": 0})]),
        _share(report["captions"], lost_captions),
        report["folder"] or "-",
    ]


def _share(total: int | None, lost: list[dict[str, Any] | None]) -> str:
    """How many of how many are there; a dash where it could not be looked."""
    counts = [part["count"] for part in lost if part is not None]
    if total is None or len(counts) < len(lost):
        return f"- of {total:,}" if total is not None else "-"
    return f"{total - sum(counts):,} of {total:,}"


def _with_bar(outcomes: Iterable[str | None], total: int) -> Iterator[str | None]:
    """Show on stderr how many pictures are decoded."""
    from rich.console import Console
    from rich.progress import track

    yield from track(outcomes, description="decoding", total=total, console=Console(stderr=True), transient=True)
