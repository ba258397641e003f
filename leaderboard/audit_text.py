"""An audit in a terminal: findings as sentences, verdicts and what came back as tables."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import typer

from evaluator.audit.against import FAR, NEAR
from leaderboard.audit_exports import shown_as_printed
from leaderboard.audit_order_text import print_orders, print_pairs, print_replication, print_stability
from leaderboard.audit_view import SEVERITIES, Document, severities_of, verdicts_of
from leaderboard.escapes import one_line
from splits.terminal import print_table
from submissions.findings import count_of


def print_audit(document: Document) -> None:
    """Print one audit whole."""
    source = document["source"]
    if source is None:
        typer.echo("The results of this board.")
    else:
        title = source["title"] or source["citation"] or "no title"
        typer.echo(one_line(f"{source['name']}: {title}; {count_of(source['n_claims'], 'claim')}."))
    _print_findings(document.get("findings", ()))
    _print_verdicts(document.get("verdicts", ()))
    _print_explanations(document.get("explanations", ()))
    _print_returns(document.get("returns", ()))
    print_orders(document.get("orders", ()))
    print_replication(document["replication"])
    print_pairs(document.get("pairs", ()))
    print_stability(document["stability"])


def print_summary(documents: Iterable[Document]) -> None:
    """Print a line for each audit."""
    rows = []
    for one in documents:
        found = severities_of(one)
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts_of(one).items())
        standings = [system["standing"] for system in one.get("returns", ())]
        came = ", ".join(f"{standings.count(name)} {name}" for name in dict.fromkeys(standings))
        claims = f"{one['source']['n_claims']:,}" if one["source"] else "-"
        rows.append([one["subject"], claims, *(str(found[name]) for name in SEVERITIES), verdicts or "-", came or "-"])
    heads = ["audit of", "claims", "errors", "warnings", "notes", "verdicts against this board", "systems, reproduced"]
    print_table(heads, rows)


def _print_findings(findings: Sequence[Mapping[str, Any]]) -> None:
    """Print findings, with what explains several alike told once."""
    for (severity, check, innocent), alike in groupby(findings, key=itemgetter("severity", "check", "innocent")):
        typer.echo()
        for one in alike:
            typer.echo(one_line(f"{severity}  {check}: {one['arithmetic']}"))
        if innocent:
            typer.echo(one_line(f"  Possible reason: {innocent}"))


def _print_verdicts(verdicts: Sequence[Mapping[str, Any]]) -> None:
    if not verdicts:
        return
    typer.echo("\nClaims against what was measured here")
    rows = [
        [
            one["verdict"],
            one["cell"]["system"],
            one["cell"]["protocol"] or one["cell"]["dataset"],
            f"{one['cell']['direction'] or 'both'} {one['cell']['metric']}",
            one["cell"]["printed"],
            "-" if one["value"] is None else shown_as_printed(one["value"], one["cell"]),
            one["reason"],
        ]
        for one in verdicts
    ]
    heads = ["verdict", "system", "on", "metric", "printed", "measured", "reason"]
    print_table(heads, [list(map(one_line, row)) for row in rows])
    for system, matched in dict.fromkeys((one["system"], one["matched"]) for one in verdicts):
        typer.echo(one_line(f"{system} is taken for the system of the claims: {matched}."))


def _print_explanations(explanations: Sequence[Mapping[str, Any]]) -> None:
    if explanations:
        typer.echo("\nWhat explains the claims that do not come back")
    for one in explanations:
        typer.echo(one_line(f"  {one['system']} on {one['claimed_on']}, {one['table']}: {one['sentence']}"))


def _print_returns(returns: Sequence[Mapping[str, Any]]) -> None:
    if not returns:
        return
    typer.echo("\nReported numbers against those that the same source reproduced: gaps in points, mean over cells.")
    typer.echo(f"Came back: within {100 * NEAR:.0f} points on average; far below: more than {100 * FAR:.0f} below.")
    rows = []
    for one in returns:
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in one["outcomes"].items())
        known = sum(cell["in_stds"] is not None for cell in one["cells"])
        stds = f"{_signed(one['mean_in_stds'])} ({known} of {one['n_cells']} cells)" if known else "-"
        rows.append([one_line(one["system"]), one["standing"], _signed(100 * one["mean_gap"]), stds, outcomes])
    print_table(["system", "standing", "gap", "in stds of seeds", "cells"], rows)


def _signed(value: float) -> str:
    """Show a number with its sign and one decimal; what rounds to 0 has none."""
    return "0.0" if f"{abs(value):.1f}" == "0.0" else f"{value:+.1f}"
