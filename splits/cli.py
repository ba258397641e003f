"""`rematch splits`: list, show, build and verify what systems are measured on."""

from pathlib import Path
from typing import Annotated, Any

import typer

from splits.terminal import JsonFlag, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Datasets and frozen splits: list, show, build, verify.")


@app.command("list")
def list_splits(as_json: JsonFlag = False) -> None:
    """List the splits of the catalogue."""
    from splits.catalog import natural_key
    from splits.description import describe
    from splits.loading import SPLITS

    rows = [describe(SPLITS[name]) for name in sorted(SPLITS, key=natural_key)]
    if as_json:
        print_json(rows)
    else:
        shown = ("name", "centricity", "images", "captions", "data", "pinning", "licence")
        columns = ["digest" if key == "pinning" else key for key in shown]
        print_table(columns, [[_cell(row[key]) for key in shown] for row in rows])


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A split of the catalogue, or a split file.")],
    as_json: JsonFlag = False,
) -> None:
    """Show where a split comes from, its counts, digest and first ids; with --json all ids in canonical order."""
    from splits.description import describe, describe_in_full
    from splits.loading import SPLITS, is_available, load_split

    if name in SPLITS and not is_available(SPLITS[name]):
        facts = describe(SPLITS[name])
        return print_json(facts) if as_json else _print_facts(facts)
    split = load_split(name)
    if as_json:
        return print_json(describe_in_full(split))
    first = {"first images": split.image_ids[:3], "first captions": split.caption_ids[:3]}
    return _print_facts({**describe(split), **{key: " ".join(ids) for key, ids in first.items()}})


@app.command()
def build(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A split of the catalogue.")],
    source: Annotated[Path, typer.Option("--from", metavar="PATH", help="The official file or folder.")],
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write the split file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Build a split from the official files and compare its digest with the pinned one."""
    from splits.building import build_split

    built = build_split(name, source, output=output)
    facts = {
        "name": name,
        "images": built.split.n_images,
        "captions": built.split.n_captions,
        "digest": built.split.digest,
        "pinned": built.pinned,
        "state": built.state,
        "written": None if built.written is None else str(built.written),
    }
    print_json(facts) if as_json else _print_facts(facts)
    if built.state == "differs":
        raise typer.Exit(1)


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME|FILE", help="Default: all that can be read.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Recompute digests and compare them with the pinned ones; exit code 1 when one differs."""
    from dataclasses import asdict

    from splits.verification import DIFFERS, readable_names
    from splits.verification import verify as verify_split

    found = [verify_split(name) for name in names or readable_names()]
    if as_json:
        print_json([asdict(item) for item in found])
    else:
        rows = [[item.name, item.state, item.digest, ", ".join(item.judgments)] for item in found]
        print_table(("name", "pinned digest", "digest found", "judgments"), rows)
    if any(item.state == DIFFERS for item in found):
        raise typer.Exit(1)


def _print_facts(facts: dict[str, Any]) -> None:
    width = max(map(len, facts))
    for key, value in facts.items():
        print(f"{key.replace('_', ' '):<{width}}  {_cell(value)}")


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "-" if value is None or value == "" else str(value)
