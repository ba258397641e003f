"""The parts of an entry page as HTML and words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leaderboard.components import (
    DIRECTIONS,
    MISSING,
    badges,
    definition_list,
    interval,
    shown,
    text,
)
from leaderboard.standings import column_key
from submissions.entry_query import Entry, EntryRun, Measured
from submissions.tables import Status

_HEADS = ("Expected", "Pessimistic", "Optimistic", "95 % interval")
_SPREAD = "Spread over draws"
_RUN_HEADS = ("Protocol", "Seed", "Governs", "File or model", "State", "Remarks")


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
            ("Submission", f"<code>{text(entry.id)}</code>"),
        ]
    )


def runs_html(runs: Sequence[EntryRun]) -> str:
    """Draw one row per evaluation with its state."""
    rows = "".join(
        f'<tr><th scope="row">{text(run.protocol)}</th><td class="words">{run.seed}</td>'
        f'<td class="words">{text(", ".join(run.seed_governs)) or MISSING}</td>'
        f'<td class="words">{text(run.filename)}</td><td class="words">{text(run.status)}</td>'
        f'<td class="words">{badges(run.badges)}{text(_remark(run))}</td></tr>'
        for run in runs
    )
    heads = "".join(f'<th scope="col" class="words">{name}</th>' for name in _RUN_HEADS)
    return (
        f'<div class="scroll"><table class="plain"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _remark(run: EntryRun) -> str:
    return run.message or (progress_words(run.progress) if run.status is Status.RUNNING else "")


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


def record_html(record: Mapping[str, Any]) -> str:
    """Draw what of a model's run record explains most differences between two numbers; the rest is below it."""
    model, data, machine = record["model"], record["data"], record["environment"]
    rate, chooser, reranked = record["images_per_second"], record["candidates"], record["reranking"]
    facts = [
        ("Model", text(model["reference"])),
        ("Weights SHA-256", f"<code>{text(model['weights_sha256'] or MISSING)}</code>"),
        ("Revision", text(model["revision"] or MISSING)),
        ("Captions", text(_caption_words(data))),
        ("Prompt", text(record["prompt"] or "none")),
        ("Image transform", text(model["image_transform"])),
        ("Resized by", text(model["resize_backend"])),
        ("Text", text(f"{model['text_transform']}; {_cut_words(record, reranked or record)}")),
        ("Arithmetic", f"{text(record['precision'])} on {text(machine['device_name'])}"),
        ("Repeatable", "bit for bit on one machine" if record["is_deterministic"] else "not bit for bit"),
        ("Encoding", f"{rate:,.1f} images a second" if rate else MISSING),
        ("This run", f"{record['seconds']:,.1f} s, at most {record['peak_memory_bytes'] / 2**30:.1f} GiB of memory"),
    ]
    if reranked:
        facts.insert(4, ("Re-ranked", f"{reranked['depth']:,} candidates, {text(reranked['head_rule'])}"))
    if chooser:
        cut = _cut_words(record, record)
        facts.insert(5, ("Candidates chosen by", text(f"{chooser['reference']}; {chooser['text_transform']}; {cut}")))
    return definition_list(facts)


def _cut_words(record: Mapping[str, Any], stage: Mapping[str, Any]) -> str:
    # All captions are read, so that every caption seed can draw from them.
    return f"{stage['n_truncated_captions']:,} of all {record['data']['n_captions']:,} captions cut"


def _caption_words(data: Mapping[str, Any]) -> str:
    if data["caption_policy"] == "one":
        return f"one of each image's, caption seed {data['caption_seed']}"
    return f"all {data['n_captions']:,}"


def _source_facts(run: EntryRun) -> list[tuple[str, str]]:
    digest = f"<code>{text(run.artifact_sha256)}</code>" if run.artifact_sha256 else None
    if run.model:
        return [("Model", text(run.model["reference"])), *([("Weights SHA-256", digest)] if digest else [])]
    return [("Score file", f"{text(run.filename)} ({text(run.format)})"), ("Score file SHA-256", digest or MISSING)]


def provenance_html(run: EntryRun) -> str:
    """Draw all that says what a number is."""
    facts = [
        ("Protocol", f"{text(run.protocol)} version {run.protocol_version}"),
        ("Split", f"{text(run.split)}, {run.n_images or 0:,} images × {run.n_captions or 0:,} captions"),
        ("Split digest", f"<code>{text(run.split_digest)}</code>"),
        ("Judgments", text(run.judgments)),
        ("Evaluator", f"{text(run.evaluator_version)}, evaluation seed {run.evaluation_seed}"),
        ("Evaluation", f"<code>{text(run.evaluation_id)}</code>"),
        *_source_facts(run),
    ]
    if run.split_file_sha256:
        facts.append(("Split file SHA-256", f"<code>{text(run.split_file_sha256)}</code>"))
    return definition_list([*facts, ("Finished", moment(run.finished_at)), ("Worker", text(run.worker or MISSING))])
