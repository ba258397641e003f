"""`rematch claims`: take in what sources report, and show it as it is printed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.audit.printed import Scale
from splits.terminal import JsonFlag, print_json, print_table

if TYPE_CHECKING:
    from submissions.claim_query import ListedSource
    from submissions.claim_source import SourcedClaims

app = typer.Typer(no_args_is_help=True, help="What sources report: take it in, list it, show it as printed.")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON or YAML, or a published table as it is.")],
    *,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the source, where the file says none or another.")
    ] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Its title.")] = None,
    citation: Annotated[str | None, typer.Option(metavar="TEXT", help="How to cite it.")] = None,
    scale: Annotated[
        Scale | None, typer.Option(help="What the numbers count in, where the file does not say it; never guessed.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(metavar="NAME", help="The layout of a published table; recognised if omitted.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; store nothing.")] = False,
) -> None:
    """Take in the numbers that a source reports, with their digits as printed."""
    from submissions.claim_store import add_source, sync_shipped
    from submissions.claims_file import Said, read_claims
    from submissions.database import prepare, session
    from submissions.shipped_claims import check_own_name

    found = read_claims(file, Said(source, title, citation, scale, layout))
    check_own_name(found)
    if dry_run:
        typer.echo(f"{_counted(found)} Nothing is stored.")
        return
    prepare()
    with session() as opened:
        sync_shipped(opened)
        record, is_new = add_source(opened, found)
        if not is_new:
            typer.echo(f"{_counted(found)} The same is stored already, as version {record.version}; nothing changed.")
        elif record.version > 1:
            typer.echo(f"{_counted(found)} Stored as version {record.version}; audits of earlier ones stay.")
        else:
            typer.echo(f"{_counted(found)} Stored. Show them: rematch claims show {record.name}")


@app.command("list")
def list_sources(*, as_json: JsonFlag = False) -> None:
    """List the sources of claims."""
    from submissions.claim_query import listed_sources
    from submissions.claim_store import sync_shipped
    from submissions.database import prepare, session

    prepare()
    with session() as opened:
        sync_shipped(opened)
        found = listed_sources(opened)
    if as_json:
        print_json([_listed(one) for one in found])
        return
    rows = [
        [
            one.record.name,
            str(sum(one.kinds.values())),
            str(one.n_systems),
            ", ".join(f"{number} {kind}" for kind, number in sorted(one.kinds.items())),
            one.record.citation or one.record.title,
        ]
        for one in found
    ]
    print_table(["source", "claims", "systems", "kinds", "citation"], rows)


@app.command()
def show(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of a source.")],
    *,
    system: Annotated[str | None, typer.Option(metavar="NAME", help="Only the claims of this system.")] = None,
    as_json: JsonFlag = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV that can be imported again.")] = False,
) -> None:
    """Show the claims of a source as printed."""
    from submissions.claim_query import claims_of
    from submissions.claim_store import sync_shipped
    from submissions.claims_csv import written_csv
    from submissions.claims_written import claims_document
    from submissions.database import prepare, session

    prepare()
    with session() as opened:
        sync_shipped(opened)
        found = claims_of(opened, source)
    if system is not None:
        found = found.of_system(system)
    if as_csv:
        typer.echo(written_csv(found), nl=False)
    elif as_json:
        print_json(claims_document(found))
    else:
        _print_claims(found)


@app.command()
def systems(
    *,
    system: Annotated[str | None, typer.Option(metavar="NAME", help="Only this system, with its variants.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what sources say of the systems: size, interaction, encoders, data, loss and tricks."""
    from submissions.system_facts import every_systems_file

    found = [
        (file.source, facts)
        for file in every_systems_file()
        for facts in file.systems
        if system is None or facts.system.casefold() == system.casefold()
    ]
    if as_json:
        print_json([{"source": source, **facts.model_dump(mode="json")} for source, facts in found])
        return
    rows = [
        [
            source,
            facts.table,
            f"{facts.system} {facts.variant}".strip(),
            facts.parameters,
            facts.interaction.name.lower(),
            facts.visual_encoder,
            facts.text_encoder,
            ", ".join(facts.pretraining_data) or "-",
            ", ".join(facts.loss),
            ", ".join(facts.tricks) or "-",
        ]
        for source, facts in found
    ]
    heads = ["source", "table", "system", "parameters", "interaction", "vision", "text", "data", "loss", "tricks"]
    print_table(heads, rows)


def _print_claims(found: "SourcedClaims") -> None:
    for line in (found.source.title, found.source.citation, found.source.url, found.source.note):
        if line:
            typer.echo(line)
    rows = [
        [
            claim.table,
            claim.row,
            claim.column,
            claim.kind.value,
            claim.printed.text,
            claim.printed.scale.value,
            claim.name,
            claim.ground or "-",
            claim.direction.value if claim.direction else "both",
            claim.metric,
        ]
        for claim in found.claims
    ]
    columns = ["table", "row", "column", "kind", "printed", "scale", "system", "measures", "direction", "metric"]
    print_table(columns, rows)


def _counted(found: "SourcedClaims") -> str:
    systems = {claim.system for claim in found.claims}
    unmatched = sum(claim.protocol is None for claim in found.claims)
    told = f" {unmatched:,} of them are of no protocol of ours." if unmatched else ""
    claims = "1 claim" if len(found.claims) == 1 else f"{len(found.claims):,} claims"
    counted = "1 system" if len(systems) == 1 else f"{len(systems):,} systems"
    return f"{found.source.name}: {claims} of {counted}.{told}"


def _listed(one: "ListedSource") -> dict[str, object]:
    record = one.record
    return {
        "source": record.name,
        "version": record.version,
        "title": record.title,
        "citation": record.citation,
        "url": record.url,
        "licence": record.licence,
        "note": record.note,
        "shipped": record.shipped,
        "digest": record.digest,
        "claims": sum(one.kinds.values()),
        "kinds": dict(one.kinds),
        "systems": one.n_systems,
    }
