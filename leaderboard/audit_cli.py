"""`rematch audit`: hold what sources report against each other and against what was measured here."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splits.terminal import JsonFlag, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submissions.audits import StoredAudit

app = typer.Typer()


class Fault(StrEnum):
    """What `--fail-on` can be told; of findings, what is worse counts as well."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NOT_REPRODUCED = "not-reproduced"


@app.command()
def audit(
    *,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", "-s", metavar="NAME", help="A source of claims, or 'board'; all if omitted."),
    ] = None,
    system: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what concerns this system and its variants.")
    ] = None,
    with_why: Annotated[
        bool, typer.Option("--explain", help="Where a claim does not come back, try stored scores in other ways.")
    ] = False,
    stored: Annotated[
        str | None, typer.Option(metavar="ID", help="Show an audit that was kept, and make none.")
    ] = None,
    fail_on: Annotated[
        list[Fault] | None, typer.Option("--fail-on", help="Exit with 1 if there is any: for continuous integration.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line for every number.")] = False,
    as_latex: Annotated[bool, typer.Option("--latex", help="Print a booktabs table of claims and results.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Hold reported numbers against reproduced ones: forensics, verdicts, and the order of systems."""
    if stored and (source or with_why):
        raise typer.BadParameter("--stored shows an audit that was kept; leave --source and --explain out.")
    if sum((as_csv, as_latex, as_json)) > 1:
        raise typer.BadParameter("Choose one of --json, --csv and --latex.")
    made = _stored(stored) if stored else _made(source, with_why=with_why)
    documents = [dict(one.document) for one in made]
    if system is not None:
        from leaderboard.audit_view import of_system

        documents = of_system(documents, system)
    if as_json:
        print_json([_told(one, document) for one, document in zip(made, documents, strict=True)])
    elif as_csv or as_latex:
        from leaderboard import audit_exports

        write = audit_exports.as_csv if as_csv else audit_exports.as_latex
        pairs = [(str(one.id), document) for one, document in zip(made, documents, strict=True)]
        typer.echo(write(pairs), nl=not as_csv)
    else:
        _print(made, documents, is_whole=bool(source or stored or system))
    if any(_has(document, fault) for document in documents for fault in fail_on or ()):
        raise typer.Exit(1)


def _made(source: "Sequence[str] | None", *, with_why: bool) -> "list[StoredAudit]":
    from submissions.audits import audit as make
    from submissions.database import prepare

    prepare()
    return make(source, with_why=with_why)


def _stored(named: str) -> "list[StoredAudit]":
    from submissions.audits import kept
    from submissions.cli import parse_id
    from submissions.database import prepare, session

    prepare()
    with session() as opened:
        return [kept(opened, parse_id(named))]


def _print(made: "Sequence[StoredAudit]", documents: "Sequence[dict[str, Any]]", *, is_whole: bool) -> None:
    from leaderboard.audit_text import print_audit, print_summary

    if not is_whole:
        print_summary(documents)
        typer.echo("One of them whole: rematch audit --source NAME", err=True)
        return
    for one, document in zip(made, documents, strict=True):
        print_audit(document)
        new = "kept" if one.is_new else "the same was found before and is kept"
        typer.echo(f"\nAudit {one.id} of {one.created_at:%Y-%m-%d %H:%M} UTC, {new}.", err=True)


def _told(one: "StoredAudit", document: dict[str, Any]) -> dict[str, Any]:
    return {"audit": str(one.id), "created_at": one.created_at.isoformat(), **document}


def _has(document: dict[str, Any], fault: Fault) -> bool:
    from leaderboard.audit_view import SEVERITIES, severities_of, verdicts_of

    if fault is Fault.NOT_REPRODUCED:
        return verdicts_of(document).get("not reproduced", 0) > 0
    worse = SEVERITIES[: SEVERITIES.index(fault.value) + 1]
    return any(severities_of(document)[severity] for severity in worse)
