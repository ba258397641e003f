"""`rematch study`: whole comparisons as one command."""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splits.terminal import JsonFlag, print_json, print_table
from worker.interruption import told_when_stopped
from worker.model_options import BatchSizeOption, DeviceOption, PrecisionOption, PromptOption, SubmitterOption
from worker.own_manifest import OWN_SUBMITTER

if TYPE_CHECKING:
    from worker.study import Row

app = typer.Typer(no_args_is_help=True, help="Whole comparisons of models as one command.")


@app.callback()
def _group() -> None:
    """Keep `study` a group: each of its commands is a study of its own."""


@app.command("scene-vs-object")
@told_when_stopped()
def scene_vs_object(
    *,
    models: Annotated[
        str, typer.Option(metavar="A,B", help="The models, by reference; of the hub also as REFERENCE@COMMIT.")
    ],
    datasets: Annotated[
        str | None, typer.Option(metavar="A,B", help="Datasets; all real ones that are present if omitted.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="What holds a folder for each dataset, as REMATCH_DATA does; --data of run is one such folder.",
        ),
    ] = None,
    seeds: Annotated[str, typer.Option(metavar="N,N", help="Caption seeds: 0,1,2 or 0-9.")] = "0-4",
    truncated: Annotated[
        str | None,
        typer.Option(metavar="K,K", help="Also with so few candidates re-ranked, as the study's logs: 2,4."),
    ] = None,
    device: DeviceOption = None,
    precision: PrecisionOption = "fp32",
    batch_size: BatchSizeOption = None,
    candidates: Annotated[
        str | None, typer.Option(metavar="MODEL", help="What chooses the candidates of cross-encoders that cannot.")
    ] = None,
    prompt: PromptOption = None,
    setting: Annotated[
        str | None, typer.Option(metavar="NAME", help="zero-shot or fine-tuned, for models where it is unknown.")
    ] = None,
    submitter: SubmitterOption = OWN_SUBMITTER,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, with fractions.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Compare models on scene- and object-centric data, with one caption per image and with all."""
    from evaluator.devices import choose_device
    from evaluator.model import parse_reference
    from splits.contents import Contents
    from worker.desk import Desk
    from worker.foreground import hand_in_and_run
    from worker.log_file import log_to_file
    from worker.own_manifest import OwnRun
    from worker.run_cli import parse_depth, parse_seeds
    from worker.study import chosen, document_of, manifest_of, named_model, rows_of
    from worker.study import truncated as with_depth

    at_hand = Contents(root=data)
    studied, absent = chosen(_names(datasets) if datasets else None, at_hand)
    for reason in absent:
        typer.echo(f"left out: {reason}", err=True)
    desk = Desk(device=choose_device(device), contents=at_hand)
    options = {"precision": precision, "batch_size": batch_size, "prompt": prompt}
    log_to_file("study.log")
    rows: list[Row] = []
    unfinished: list[str] = []
    for name in _names(models):
        model, revision = named_model(name)
        family, _ = parse_reference(model)
        own = {**options, "candidates": candidates if family.needs_candidates else None, "revision": revision}
        run = OwnRun(model, None, parse_seeds(seeds), system=name, submitter=submitter, setting=setting, options=own)
        if truncated and not family.re_ranks:
            typer.echo(f"{name} re-ranks nothing: --truncated changes nothing for it.", err=True)
        depths = [parse_depth(depth) for depth in _names(truncated)] if truncated and family.re_ranks else []
        for one in [run, *(with_depth(run, depth) for depth in depths)]:
            found = hand_in_and_run(manifest_of(one, studied), desk, say=lambda text: typer.echo(text, err=True))
            rows += rows_of(one.system or one.model, found, studied)
            lost = [left for left in found.current if not left.values]
            unfinished += [f"{name}, {left.protocol}: {left.message or left.status}" for left in lost]
    if as_json:
        print_json(document_of(rows))
    elif as_csv:
        _print_csv(document_of(rows))
    else:
        _print_tables(rows)
    for told in unfinished:
        typer.echo(f"left out: {told}", err=True)
    if unfinished:
        raise typer.Exit(1)


def _names(text: str) -> list[str]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        raise typer.BadParameter(f"{text!r:.60} names nothing; separate names by commas.")
    return names


def _print_tables(rows: "Sequence[Row]") -> None:
    from worker.study import COLUMNS

    for kind in dict.fromkeys(row.ground.centricity for row in rows):
        print(f"\n{kind.value}-centric, percent: mean ± standard deviation over n caption seeds")
        shown = [
            [row.ground.title, row.model, row.captions.value, *(_cell(row, name) for name in COLUMNS), _n(row)]
            for row in rows
            if row.ground.centricity is kind
        ]
        print_table(["dataset", "model", "captions", *COLUMNS, "n"], shown)
    for badge in dict.fromkeys(
        f"{row.model}, {row.ground.title}, captions {row.captions.value}: {badge}"
        for row in rows
        for badge in row.badges
    ):
        print(badge)


def _cell(row: "Row", name: str) -> str:
    value = row.values.get(name)
    if value is None:
        return "-"
    return f"{100 * value.mean:.1f}" + (f" ± {100 * value.std:.1f}" if value.std is not None else "")


def _n(row: "Row") -> str:
    return str(max((value.n for value in row.values.values()), default=0))


def _print_csv(rows: list[dict[str, Any]]) -> None:
    names = ("model", "dataset", "type", "captions", "protocol")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow([*names, "metric", "mean", "std", "n"])
    for row in rows:
        for metric, value in row["values"].items():
            out.writerow([*(row[name] for name in names), metric, value["mean"], value["std"], value["n"]])
