"""`rematch score`: the board's number at home, with no database and no network; and the lists of what can be scored."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splits.errors import RematchError
from splits.terminal import JsonFlag, print_json

if TYPE_CHECKING:
    from evaluator.protocol import Protocol

app = typer.Typer(no_args_is_help=True)
protocols_app = typer.Typer(no_args_is_help=True, help="Protocols: list, show.")
app.add_typer(protocols_app, name="protocols")


@app.command()
def score(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Similarity matrix, embeddings, ranked lists or per-query ranks.")
    ],
    *,
    protocol: Annotated[
        str | None, typer.Option("--protocol", "-p", metavar="NAME", help="A protocol, e.g. coco-5k.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            "-s",
            metavar="NAME|FILE",
            help="A split, or the path of your own split file, scored as 'standard'.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of random folds and of the bootstrap.")] = 0,
    format_name: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="The score format, if it is not recognised.")
    ] = None,
    orientation: Annotated[
        str | None,
        typer.Option(metavar="AXES", help="images-x-captions or captions-x-images, where shape and ids leave it open."),
    ] = None,
    split_digest: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="The digest of the split the scores were made for.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Score a file under a protocol, exactly as the board does."""
    from evaluator.evaluation import evaluate
    from evaluator.protocol import PROTOCOLS
    from evaluator.reading import read_score_file, refuse_changed, stamp_of
    from evaluator.report_json import report_document
    from evaluator.score_format import Orientation, Reading
    from splits.loading import load_split

    if protocol is None and split is None:
        raise typer.BadParameter("give --protocol or --split.", param_hint="--protocol")
    recipe = PROTOCOLS[protocol or "standard"]
    if recipe.split is None and split is None:
        raise RematchError(
            f"Protocol {recipe.name} scores any split, so it needs one: add --split NAME or --split FILE."
        )
    known = {o.value: o for o in Orientation}
    if orientation is not None and orientation not in known:
        raise typer.BadParameter(f"{orientation!r} is none of {', '.join(known)}.", param_hint="--orientation")
    ground = load_split(split or recipe.split or "")
    reading = Reading(orientation=known.get(orientation or ""), split_digest=split_digest)
    scores = read_score_file(file, ground, reading, format_name=format_name)
    stamp = stamp_of(file)
    report = evaluate(scores, recipe, ground, seed=seed)
    refuse_changed(file, stamp)
    if as_json:
        print_json(report_document(report))
    else:
        from evaluator.report_table import print_report

        print_report(report)


@protocols_app.command("list")
def list_protocols(*, as_json: JsonFlag = False) -> None:
    """List the protocols: what each measures, on which split, in which version."""
    from evaluator.protocol import PROTOCOLS

    if as_json:
        print_json([_document(one) for one in PROTOCOLS.values()])
    else:
        from evaluator.report_table import print_protocols

        print_protocols(list(PROTOCOLS.values()))
        typer.echo("All that one of them is: rematch protocols show NAME", err=True)


@protocols_app.command("show")
def show_protocol(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A protocol, e.g. coco-5k.")], *, as_json: JsonFlag = False
) -> None:
    """Show what a protocol measures: split, judgments, captions, folds, metrics, and what it is mistaken for."""
    from evaluator.protocol import PROTOCOLS

    if as_json:
        return print_json(_document(PROTOCOLS[name]))
    from evaluator.report_table import print_protocol

    return print_protocol(PROTOCOLS[name])


def _document(protocol: "Protocol") -> dict[str, Any]:
    return {
        "name": protocol.name,
        "version": protocol.version,
        "split": protocol.split,
        "judgments": protocol.judgments,
        "captions": protocol.captions.value,
        "folds": None if protocol.folds is None else {"count": protocol.folds.count, "draws": protocol.folds.draws},
        "metrics": list(protocol.metrics),
        "title": protocol.title,
        "notes": protocol.notes,
    }
