"""The explainer for a chosen row of claims: what was tried on its scores, or the command that tries it."""

import shlex
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.audit.claim import Claim
from evaluator.audit.verdict import Verdict
from leaderboard.audit_held import HERE, ITSELF
from leaderboard.audit_selection import cell_key
from leaderboard.audit_view import Document
from leaderboard.components import text
from submissions.audit_cells import cell

UNEXPLAINED = frozenset({Verdict.NOT_REPRODUCED.value, Verdict.PROTOCOL_MISMATCH.value, "below", "above"})
ROWS = 8
"""More alternatives are further away, and are counted only."""


@dataclass(frozen=True, slots=True)
class AskedRow:
    """Claims of one row of a table, one of which at least does not come back."""

    name: str
    """In words, as the address names it."""
    system: str
    table: str
    protocol: str | None
    claims: tuple[Claim, ...]
    verdicts: tuple[Mapping[str, Any], ...] = ()
    """What was measured here of them; empty where only the source itself ran the system again."""


def asked_rows(document: Document, claims: Sequence[Claim]) -> list[AskedRow]:
    """List the rows that can be asked for: those with a claim that does not come back, in printed order."""
    by_key = {cell_key(cell(claim)): claim for claim in claims}
    groups: dict[tuple[str, ...], list[tuple[Mapping[str, Any], str, Mapping[str, Any] | None]]] = {}
    for one in document.get("verdicts", ()):
        groups.setdefault(_group(one["cell"], HERE, one["system"]), []).append((one["cell"], one["verdict"], one))
    for system in document.get("returns", ()):
        for one in system["cells"]:
            groups.setdefault(_group(one["reported"], ITSELF), []).append((one["reported"], one["outcome"], None))
    return [
        _asked(" · ".join(dict.fromkeys(filter(None, key))), members, by_key)
        for key, members in groups.items()
        if any(outcome in UNEXPLAINED for _, outcome, _ in members)
    ]


def command_for(row: AskedRow) -> str:
    """Write the command that tries scores of the system at home, with every number of the row."""
    said = ", ".join(_said(claim) for claim in row.claims if claim.metric == "rsum" or claim.direction is not None)
    scale = "" if row.claims[0].printed.scale != "fraction" else " --scale fraction"
    where = f"--protocol {row.protocol}" if row.protocol else "--split SPLIT.json"
    return f"rematch explain SCORES.npy {where}{scale} \\\n    --claim {shlex.quote(said)}"


def kept_explanation(document: Document, row: AskedRow) -> Mapping[str, Any] | None:
    """Return what an audit with `--explain` kept of a row."""
    submissions = {one["submission"] for one in row.verdicts}
    for one in document.get("explanations", ()):
        if one["submission"] in submissions and one["system"] == row.system and one["table"] == row.table:
            found: Mapping[str, Any] = one
            return found
    return None


def explanation_html(found: Mapping[str, Any], row: AskedRow) -> str:
    """Draw what was tried: the sentence, then what each way of evaluating gives beside what is claimed."""
    ranks = frozenset(claim.column for claim in row.claims if claim.printed.scale == "plain")
    sentence = f'<p class="answer" role="status">{text(found["sentence"])}</p>'
    trials = [one for one in (found.get("own"), *found.get("alternatives", ())[:ROWS]) if one]
    if not trials:
        return sentence
    claimed = "".join(f"<td>{text(one['printed'])}†</td>" for one in found["claims"])
    heads = "".join(f'<th scope="col">{text(one["cell"])}</th>' for one in found["claims"])
    rows = "".join(_trial(one, ranks) for one in trials)
    left = len(found["alternatives"]) - ROWS
    more = f'<p class="note">{left} more ways are further away.</p>' if left > 0 else ""
    return (
        f'{sentence}<div class="scroll"><table class="plain numbers trials"><thead><tr><th class="words" scope="col">'
        f'Evaluated as</th>{heads}<th scope="col" title="How far the number that fits worst lies from what is claimed,'
        f' in points.">Off by</th><th scope="col">Fits</th></tr></thead><tbody>'
        f'<tr><th scope="row">claimed</th>{claimed}<td></td><td></td></tr>{rows}</tbody></table></div>{more}'
    )


def _trial(one: Mapping[str, Any], ranks: Container[str]) -> str:
    cells = "".join(f"<td>{_span(each, 1 if each['cell'] in ranks else 100)}</td>" for each in one["cells"])
    fits = '<b title="Every claim is this value, rounded.">✓ fits</b>' if one["fits"] else "no"
    name = one["name"] or "the protocol itself"
    title = f"<small>{text(one['title'])}</small>" if one["name"] else ""
    return f'<tr><th scope="row">{text(name)}{title}</th>{cells}<td>{_farthest(one, ranks)}</td><td>{fits}</td></tr>'


def _farthest(one: Mapping[str, Any], ranks: Container[str]) -> str:
    return f"{max(abs(each['gap']) * (1 if each['cell'] in ranks else 100) for each in one['cells']):.2f}"


def _span(one: Mapping[str, Any], scale: int) -> str:
    low, high = f"{scale * one['low']:.2f}", f"{scale * one['high']:.2f}"
    return low if low == high else f"{low} to {high}"


def _group(one: Mapping[str, Any], against: str, submitted: str = "") -> tuple[str, ...]:
    run = f"run {one['seed']}" if one["seed"] else ""
    return (one["system"], one["table"], one["protocol"] or one["dataset"], one["kind"], run, against, submitted)


def _asked(
    name: str,
    members: Sequence[tuple[Mapping[str, Any], str, Mapping[str, Any] | None]],
    by_key: Mapping[Any, Claim],
) -> AskedRow:
    first = members[0][0]
    claims = dict.fromkeys(by_key[key] for one, _, _ in members if (key := cell_key(one)) in by_key)
    verdicts = tuple(verdict for _, _, verdict in members if verdict is not None)
    return AskedRow(name, first["system"], first["table"], first["protocol"], tuple(claims), verdicts)


def _said(claim: Claim) -> str:
    return f"{claim.direction.value if claim.direction else ''} {claim.metric}={claim.printed}".strip()
