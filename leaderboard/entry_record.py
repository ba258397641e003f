"""How a number came about, as HTML: its provenance and, of a model that was run, its run record."""

from collections.abc import Mapping
from typing import Any

from leaderboard.components import MISSING, definition_list, text
from leaderboard.entry_page import moment
from submissions.entry_query import EntryRun


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
    digest = f'<code class="digest">{text(run.artifact_sha256)}</code>' if run.artifact_sha256 else None
    if run.model:
        return [("Model", text(run.model["reference"])), *([("Weights SHA-256", digest)] if digest else [])]
    return [("Score file", f"{text(run.filename)} ({text(run.format)})"), ("Score file SHA-256", digest or MISSING)]


def provenance_html(run: EntryRun) -> str:
    """Draw all that says what a number is."""
    facts = [
        ("Protocol", f"{text(run.protocol)} version {run.protocol_version}"),
        ("Split", f"{text(run.split)}, {run.n_images or 0:,} images × {run.n_captions or 0:,} captions"),
        ("Split digest", f'<code class="digest">{text(run.split_digest)}</code>'),
        ("Judgments", text(run.judgments)),
        ("Evaluator", f"{text(run.evaluator_version)}, evaluation seed {run.evaluation_seed}"),
        ("Evaluation", f"<code>{text(run.evaluation_id)}</code>"),
        *_source_facts(run),
    ]
    if run.split_file_sha256:
        facts.append(("Split file SHA-256", f"<code>{text(run.split_file_sha256)}</code>"))
    return definition_list([*facts, ("Finished", moment(run.finished_at))])
