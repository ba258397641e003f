"""An explanation for people and for machines: one sentence, a table by distance, a document."""

from typing import Any

from evaluator.audit.alternative import Span
from evaluator.audit.explain import Explanation
from evaluator.audit.noise import is_share
from evaluator.audit.trial import Cell, Trial


def sentence(found: Explanation, protocol: str) -> str:
    """Name the alternative that explains the claims, or say that none does or that none is needed."""
    n = len(found.claims)
    claims = f"all {n} claims" if n > 1 else "the one claim"
    if found.own is not None and found.own.fits:
        return f"{protocol} itself gives {claims}, rounded: there is nothing to explain."
    if found.explained_by is None:
        return _nothing(found, protocol, claims)
    named = found.explained_by
    how = "lie within what it may give" if any(cell.width for cell in named.cells) else "are its values, rounded"
    if n == 1:
        how = how.replace("lie", "lies").replace("are its values", "is its value")
    text = f"The numbers fit {told(named)}: {claims} {how}."
    others = ", ".join(trial.name for trial in found.fitting[1:5])
    text += f" So do, changing more or leaving more open: {others}." if others else ""
    return text + (" One number is weak evidence: state more of the same table." if n == 1 else "")


def told(trial: Trial) -> str:
    """Return what an alternative does, with its name."""
    return f"{trial.title} ({trial.name})"


def _nothing(found: Explanation, protocol: str, claims: str) -> str:
    tried = [*([found.own] if found.own else []), *found.trials]
    if not tried:
        return f"Nothing that was tried measures {claims}."
    nearest = min(tried, key=lambda trial: trial.distance)
    name = nearest.name or f"{protocol} itself"
    cell = nearest.worst
    return (
        f"No alternative explains {claims}. The nearest is {name}, off by {_points(cell)} at {cell.claim.column}:"
        f" claimed is {cell.claim.printed}, it gives {shown(cell.span, cell)}."
    )


def _points(cell: Cell) -> str:
    share = is_share(cell.claim.metric)
    return f"{abs(cell.gap) * (100 if share else 1):.{digits(cell)}f} {'points' if share else 'ranks'}"


def digits(cell: Cell) -> int:
    """Return with how many decimals values are shown beside a claim: one more than it has, in percent."""
    return max(1, cell.claim.printed.decimals - (2 if cell.claim.printed.scale == "fraction" else 0)) + 1


def shown(span: Span, cell: Cell) -> str:
    """Return a value in percent, or its limits where it has any."""
    scale = 100 if is_share(cell.claim.metric) else 1
    low, high = (f"{scale * value:.{digits(cell)}f}" for value in (span.low, span.high))
    return low if low == high else f"{low} to {high}"


def print_explanation(found: Explanation, protocol: str, *, rows: int) -> None:
    """Print the nearest alternatives under the claims, and the sentence."""
    import typer

    from splits.terminal import print_table

    columns = ("evaluated as", *(claim.column for claim in found.claims), "off by", "fits")
    claimed = ("claimed", *(str(claim.printed) for claim in found.claims), "", "")
    own = [found.own] if found.own else []
    trials = [*own, *found.trials[:rows]]
    print_table(columns, [claimed, *(_row(trial, trial.name or protocol) for trial in trials)])
    typer.echo(sentence(found, protocol))
    left = len(found.trials) - rows
    if left > 0:
        typer.echo(f"{left} more alternatives are further away; --json lists them.", err=True)
    for name, reason in found.left_out:
        typer.echo(f"note: {name} was not tried. {reason}", err=True)


def _row(trial: Trial, name: str) -> tuple[str, ...]:
    cells = (shown(cell.span, cell) for cell in trial.cells)
    return (name, *cells, _points(trial.worst), "yes" if trial.fits else "")


def explanation_document(found: Explanation, protocol: str) -> dict[str, Any]:
    """Return everything that was tried, for JSON; values are fractions or ranks."""
    return {
        "claims": [{"cell": claim.column, "printed": str(claim.printed)} for claim in found.claims],
        "own": _trial(found.own) if found.own else None,
        "explained_by": found.explained_by.name if found.explained_by else None,
        "sentence": sentence(found, protocol),
        "alternatives": [_trial(trial) for trial in found.trials],
        "not_tried": [{"name": name, "reason": reason} for name, reason in found.left_out],
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "name": trial.name,
        "title": trial.title,
        "fits": trial.fits,
        "half_steps": trial.distance,
        "cells": [
            {
                "cell": cell.claim.column,
                "value": cell.span.value,
                "low": cell.span.low,
                "high": cell.span.high,
                "gap": cell.gap,
            }
            for cell in trial.cells
        ],
    }
