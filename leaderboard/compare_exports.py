"""Compared systems as CSV, JSON and LaTeX: fractions for machines, percent with one decimal for papers."""

import csv
import io
import json
from itertools import combinations
from typing import Any

import pandas as pd

from leaderboard.booktabs import NEEDS, tabular, with_std
from leaderboard.compare_tables import difference
from leaderboard.comparison import Change, Comparison
from leaderboard.components import shown
from leaderboard.escapes import in_latex, no_formula
from leaderboard.query_answers import BANDS, band_shares, faced
from submissions.board_query import BoardKey

HEADS = (
    "metric",
    "system",
    "submission",
    "value",
    "std",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "p_seeds",
    "beyond_noise",
)


def as_csv(found: Comparison) -> str:
    """Write every value with its difference from the first system: a row for a metric and a system."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, HEADS, quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    for row in _measured(found):
        writer.writerow({**row, "system": no_formula(row["system"])})
    return stream.getvalue()


def as_json(found: Comparison, board: BoardKey) -> str:
    """Write all that the page shows, with what makes its numbers comparable."""
    document = {
        "protocol": board.protocol,
        "protocol_version": board.version,
        "split": board.split,
        "split_digest": board.split_digest,
        "systems": [
            {"system": label, "submission": str(submission)}
            for label, submission in zip(found.labels, found.table["submission"], strict=True)
        ],
        "measured": list(_measured(found)),
        "pairs": [_pair(name, one) for name, pairs in found.pairs.items() for one in pairs],
        "queries": [one for direction in found.answers for one in _faced(found, direction)],
        "ranks": [one for direction in found.answers for one in _bands(found, direction)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def as_latex(found: Comparison) -> str:
    """Write every value as a booktabs table, with std as a subscript; a star marks what is beyond noise."""
    heads = " & ".join(
        in_latex(label) if number == 0 else rf"\multicolumn{{2}}{{c}}{{{in_latex(label)}}}"
        for number, label in enumerate(found.labels)
    )
    rows = [" & ".join([in_latex(name), *_latex_cells(found, name)]) for name in found.columns]
    table = tabular(f"lr{'rr' * (len(found.labels) - 1)}", [f"Metric & {heads}"], rows)
    return f"{NEEDS}; * beyond noise: paired test over images, Holm, and test over seeds\n{table}"


def _latex_cells(found: Comparison, name: str) -> list[str]:
    cells = []
    first = found.table[name].iloc[0]
    for number, label in enumerate(found.labels):
        row = found.table.iloc[number]
        value, std = row[name], row[f"{name} std"]
        figure = "--" if pd.isna(value) else shown(name, value)
        cells.append(with_std(figure, name, std))
        if number:
            change = found.changes.get(name, {}).get(label)
            cells.append(_latex_change(difference(name, value - first), change))
    return cells


def _latex_change(words: str, change: Change | None) -> str:
    figure = words.replace("−", "$-$").replace("±", r"$\pm$").replace("–", "--")
    return f"{figure}$^*$" if change and change.is_beyond_noise else figure


def _measured(found: Comparison) -> list[dict[str, Any]]:
    rows = []
    for name in found.columns:
        first = _number(found.table[name].iloc[0])
        for label, row in zip(found.labels, found.table.to_dict("records"), strict=True):
            value, change = _number(row[name]), found.changes.get(name, {}).get(label)
            gap = None if value is None or first is None or label == found.labels[0] else value - first
            rows.append(
                {
                    "metric": name,
                    "system": label,
                    "submission": str(row["submission"]),
                    "value": value,
                    "std": _number(row[f"{name} std"]),
                    "difference": gap,
                    **_tested(change),
                }
            )
    return rows


def _tested(change: Change | None) -> dict[str, Any]:
    if change is None:
        return dict.fromkeys(HEADS[6:])
    low, high = change.ci95
    return {
        "low": low,
        "high": high,
        "p": change.pvalue,
        "p_holm": change.adjusted,
        "p_seeds": change.seeds_pvalue,
        "beyond_noise": change.is_beyond_noise,
    }


def _pair(name: str, one: Any) -> dict[str, Any]:
    return {
        "metric": name,
        "first": one.first,
        "second": one.second,
        "gap": one.test.gap,
        "ci95": list(one.test.ci95),
        "p": one.test.pvalue,
        "p_holm": one.adjusted,
        "p_seeds": one.seeds_pvalue,
        "outcome": one.outcome.value,
    }


def _faced(found: Comparison, direction: Any) -> list[dict[str, Any]]:
    names, answers = found.asked[direction], found.answers[direction]
    rows = []
    for first, second in combinations(range(len(names)), 2):
        counted = faced(answers, first, second)
        rows.append(
            {
                "direction": direction.value,
                "first": names[first],
                "second": names[second],
                "queries": counted.n,
                "wins": counted.wins,
                "ties": counted.ties,
                "losses": counted.losses,
                "both": counted.both,
                "only_first": counted.only_first,
                "only_second": counted.only_second,
                "neither": counted.neither,
            }
        )
    return rows


def _bands(found: Comparison, direction: Any) -> list[dict[str, Any]]:
    shares = band_shares(found.answers[direction])
    return [
        {"direction": direction.value, "system": label, "from": low, "to": high, "share": float(share)}
        for label, own in zip(found.asked[direction], shares, strict=True)
        for (low, high), share in zip(BANDS, own, strict=True)
    ]


def _number(value: Any) -> Any:
    return None if pd.isna(value) else float(value)
