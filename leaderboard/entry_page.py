"""The parts of an entry page as HTML and words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leaderboard.components import (
    DIRECTIONS,
    MISSING,
    definition_list,
    interval,
    shown,
    table_html,
    text,
)
from leaderboard.measured import column_key
from submissions.entry_query import Entry, EntryRun, Measured
from submissions.tables import Status

_HEADS = ("Expected", "Pessimistic", "Optimistic", "95 % interval")
_SPREAD = "Spread over draws"
_RUN_HEADS = ("Protocol", "Seed", "State", "Remarks")


def parse_id(words: str) -> UUID | None:
    """Read a submission's id from a link; None for anything else."""
    try:
        return UUID(words)
    except ValueError:
        return None


def moment(time: datetime | None) -> str:
    """Show a time in UTC to the minute."""
    return MISSING if time is None else f"{time:%Y-%m-%d %H:%M} UTC"


def by_protocol(runs: Sequence[EntryRun]) -> dict[str, list[EntryRun]]:
    """Group evaluations that have ended by what makes their numbers comparable."""
    groups: dict[str, list[EntryRun]] = {}
    for run in runs:
        if run.status in (Status.SUCCEEDED, Status.FAILED):
            title = f"{run.protocol} version {run.protocol_version} on {run.split}"
            groups.setdefault(title, []).append(run)
    return groups


def facts_html(entry: Entry) -> str:
    """Draw what the manifest says of the whole submission."""
    seeds = "change nothing (declared deterministic)" if entry.deterministic else "vary between runs"
    return definition_list(
        [
            ("Submitter", text(entry.submitter)),
            ("Setting", text(entry.setting)),
            ("Handed in", moment(entry.created_at)),
            ("Seeds", seeds),
            *_stated(entry),
            ("Submission", f"<code>{text(entry.id)}</code>"),
        ]
    )


def _stated(entry: Entry) -> list[tuple[str, str]]:
    """Return what else the manifest says, as plain text: addresses that others wrote are no links here."""
    known = (("Description", "description"), ("Paper", "paper"), ("Code", "code"))
    facts = [(name, text(entry.manifest[key])) for name, key in known if entry.manifest.get(key)]
    reproduces = entry.manifest.get("reproduces") or ()
    return [*facts, ("Reproduces", text("; ".join(map(str, reproduces))))] if reproduces else facts


def not_succeeded(runs: Sequence[EntryRun]) -> list[EntryRun]:
    """Return the evaluations that wait, run, failed or were cancelled."""
    return [run for run in runs if run.status is not Status.SUCCEEDED]


def is_unfinished(runs: Sequence[EntryRun]) -> bool:
    """Whether any evaluation will still change by itself."""
    return any(run.status in (Status.QUEUED, Status.RUNNING) for run in runs)


def unfinished_html(runs: Sequence[EntryRun]) -> str:
    """Draw one row for every evaluation that waits, runs or failed."""
    rows = (
        f'<tr><th scope="row">{text(run.protocol)}</th><td class="words">{run.seed}</td>'
        f'<td class="words">{text(run.status)}</td><td class="words">{text(_remark(run)) or MISSING}</td></tr>'
        for run in runs
    )
    return table_html(dict.fromkeys(_RUN_HEADS, ""), rows, words=_RUN_HEADS)


def _remark(run: EntryRun) -> str:
    return run.message or (progress_words(run.progress) if run.status is Status.RUNNING else "")


def warnings_of(runs: Sequence[EntryRun]) -> dict[str, list[int]]:
    """Return the warnings of some runs, each once, with the seeds that it is about."""
    found: dict[str, list[int]] = {}
    for run in runs:
        for words in run.warnings:
            found.setdefault(words, []).append(run.seed)
    return found


def measured_html(measured: Sequence[Measured]) -> str:
    """Draw every metric of one evaluation under each way of placing tied candidates."""
    ordered = sorted(measured, key=lambda one: column_key((one.direction, one.metric)))
    with_spread = any(one.spread is not None for one in ordered)
    heads = (*_HEADS, _SPREAD) if with_spread else _HEADS
    rows, side = [], None
    for one in ordered:
        if one.direction != side:
            side = one.direction
            rows.append(
                f'<tr><th scope="rowgroup" colspan="{len(heads) + 1}">{text(DIRECTIONS.get(side, side))}</th></tr>'
            )
        rows.append(_measured_row(one, with_spread=with_spread))
    head_cells = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        '<div class="scroll"><table class="plain numbers"><thead><tr><th scope="col" class="words">Metric</th>'
        f"{head_cells}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _measured_row(one: Measured, *, with_spread: bool) -> str:
    values = (one.expected, one.pessimistic, one.optimistic)
    cells = "".join(f"<td>{shown(one.metric, value)}</td>" for value in values)
    between = interval(one.metric, one.low, one.high) or MISSING
    spread = f"<td>{shown(one.metric, one.spread)}</td>" if with_spread else ""
    return f'<tr><th scope="row">{text(one.metric)}</th>{cells}<td>{between}</td>{spread}</tr>'


def progress_words(progress: Mapping[str, Any] | None) -> str:
    """Say how far a model is, in a few words; nothing where nothing is known."""
    if not progress:
        return ""
    share = f" {100 * progress['done'] / progress['total']:.0f} %" if progress["total"] else ""
    rate = f", {progress['per_second']:,.1f}/s" if progress["per_second"] else ""
    remark = f" ({progress['remark']})" if progress.get("remark") else ""
    return f"{progress['stage']}{share}{rate}{remark}"
