"""One submission as CSV, JSON and LaTeX: every measured value with all that it depends on."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from leaderboard.booktabs import NEEDS, tabular, with_std
from leaderboard.components import shown
from leaderboard.entry_scores import Scores, column_of, scores_of
from leaderboard.escapes import in_latex, no_formula
from submissions.entry_query import Entry, EntryRun

HEADS = (
    "submission", "system", "protocol", "protocol_version", "split", "split_digest", "judgments", "evaluation", "seed",
    "evaluation_seed", "evaluator_version", "file_sha256", "metric", "expected", "pessimistic", "optimistic", "low",
    "high", "spread",
)  # fmt: skip


def as_csv(entry: Entry) -> str:
    """Write a row for every measured value, as a fraction or a rank."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, HEADS, quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    for run in entry.runs:
        writer.writerows(_rows(entry, run))
    return stream.getvalue()


def _rows(entry: Entry, run: EntryRun) -> list[dict[str, Any]]:
    facts = {"submission": str(entry.id), "system": no_formula(entry.system), **_facts(run)}
    return [{**facts, **_measured(one)} for one in run.measured]


def _facts(run: EntryRun) -> dict[str, Any]:
    return {
        "protocol": run.protocol,
        "protocol_version": run.protocol_version,
        "split": no_formula(run.split),
        "split_digest": run.split_digest,
        "judgments": run.judgments,
        "evaluation": str(run.evaluation_id),
        "seed": run.seed,
        "evaluation_seed": run.evaluation_seed,
        "evaluator_version": run.evaluator_version,
        "file_sha256": run.artifact_sha256,
    }


def _measured(one: Any) -> dict[str, Any]:
    values = ("expected", "pessimistic", "optimistic", "low", "high", "spread")
    return {"metric": column_of(one), **{name: getattr(one, name) for name in values}}


def as_json(entry: Entry, claims: Sequence[Mapping[str, Any]]) -> str:
    """Write a submission with its files, every evaluation that is done, and the claims about it."""
    document = {
        "submission": str(entry.id),
        "system": entry.system,
        "submitter": entry.submitter,
        "setting": entry.setting,
        "deterministic": entry.deterministic,
        "created_at": entry.created_at.isoformat(),
        "superseded_by": str(entry.superseded_by) if entry.superseded_by else None,
        "manifest": entry.manifest,
        "files": [
            {"names": list(one.names), "kind": one.kind, "sha256": one.sha256, "size": one.size, "seeds": one.seeds}
            for one in entry.files
        ],
        "evaluations": [
            {
                **_facts(run),
                "split": run.split,
                "status": run.status.value,
                "badges": run.badges,
                "warnings": run.warnings,
                "measured": [_measured(one) for one in run.measured],
                "run_record": run.run_record,
            }
            for run in entry.runs
        ],
        "claims": list(claims),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_latex(groups: Mapping[str, Sequence[EntryRun]]) -> str:
    """Write a booktabs table for every protocol: seeds as rows, then their mean with the std as a subscript."""
    tables = ((title, scores_of(runs)) for title, runs in groups.items())
    return "\n\n".join([NEEDS, *(_latex(title, scores) for title, scores in tables if scores is not None)])


def _latex(title: str, scores: Scores) -> str:
    columns = list(scores.values.columns)
    rows = [
        " & ".join([str(run.seed), *(_figure(name, row[name]) for name in columns)])
        for run, row in zip(scores.runs, scores.values.to_dict("records"), strict=True)
    ]
    mean = " & ".join(["Mean", *(_with_std(name, scores.mean[name], scores.std[name]) for name in columns)])
    heads = [f"Seed & {' & '.join(map(in_latex, columns))}"]
    table = tabular(f"l{'r' * len(columns)}", heads, rows, [mean] if len(rows) > 1 else [])
    return f"% {' '.join(title.split())}\n{table}"


def _figure(name: str, value: float) -> str:
    return "--" if pd.isna(value) else shown(name, value)


def _with_std(name: str, mean: float, std: float) -> str:
    return with_std(_figure(name, mean), name, std)
