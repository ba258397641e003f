"""`rematch explain`: which way of evaluating gives the numbers that somebody prints, with no database."""

from pathlib import Path
from typing import Annotated

import typer

from splits.errors import RematchError
from splits.terminal import JsonFlag, print_json

app = typer.Typer(no_args_is_help=True)


@app.command()
def explain(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Scores of one system; several files are its seeds.")
    ],
    *,
    claims: Annotated[
        list[str],
        typer.Option(
            "--claim", metavar="TEXT", help="Printed numbers, such as 'i2t R@1=58.4, i2t R@5=81.5, rsum=420.1'."
        ),
    ],
    protocol: Annotated[
        str, typer.Option("--protocol", "-p", metavar="NAME", help="What the scores are for, e.g. coco-5k.")
    ] = "standard",
    split: Annotated[
        str | None,
        typer.Option("--split", "-s", metavar="NAME|FILE", help="A split, or your own split file, for 'standard'."),
    ] = None,
    scale: Annotated[
        str, typer.Option(metavar="SCALE", help="What the claims count in: percent or fraction; ranks are ranks.")
    ] = "percent",
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of what the protocol draws.")] = 0,
    format_name: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="The score format, if it is not recognised.")
    ] = None,
    orientation: Annotated[
        str | None, typer.Option(metavar="AXES", help="images-x-captions or captions-x-images, where it is open.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, metavar="N", help="How many alternatives the table shows.")] = 10,
    as_json: JsonFlag = False,
) -> None:
    """Compare printed numbers with the same scores evaluated in other ways, and name the way that explains them."""
    from evaluator.audit import explain as explaining
    from evaluator.audit.explanation_text import explanation_document, print_explanation
    from evaluator.audit.printed import Scale
    from evaluator.audit.stated import claims_of
    from evaluator.protocol import PROTOCOLS
    from evaluator.reading import read_score_file, refuse_changed, stamp_of
    from evaluator.score_format import Orientation, Reading
    from splits.loading import load_split

    scales, ways = {s.value: s for s in (Scale.PERCENT, Scale.FRACTION)}, {o.value: o for o in Orientation}
    for value, known, option in ((scale, scales, "--scale"), (orientation, ways, "--orientation")):
        if value is not None and value not in known:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(known)}.", param_hint=option)
    recipe = PROTOCOLS[protocol]
    if recipe.split is None and split is None:
        raise RematchError(f"Protocol {recipe.name} scores any split, so it needs one: add --split NAME or FILE.")
    stated = claims_of(claims, scales[scale], protocol=recipe.name)
    ground = load_split(split or recipe.split or "")
    reading = Reading(orientation=ways.get(orientation or ""))
    runs = [read_score_file(file, ground, reading, format_name=format_name).run for file in files]
    stamps = [stamp_of(file) for file in files]
    found = explaining.explain(runs, recipe, ground, stated, seed=seed)
    for file, stamp in zip(files, stamps, strict=True):
        refuse_changed(file, stamp)
    if as_json:
        context = {"protocol": recipe.name, "protocol_version": recipe.version, "split_digest": ground.digest}
        print_json(context | explanation_document(found, recipe.name))
    else:
        print_explanation(found, recipe.name, rows=rows)
