"""The single runs of a board: what means, spreads over seeds and orders between boards are taken from."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from leaderboard.board_facts import first_of_their_kind
from leaderboard.measured import measured, measures
from leaderboard.remarks import merged_badges, variant_of
from leaderboard.standings import newest_per_run
from submissions.board_query import BoardKey, EvaluatedRun, evaluated_runs

if TYPE_CHECKING:
    from sqlmodel import Session

IDENTITY = ["system", "submitter", "variant"]
"""What makes submissions to two boards one system; one system at two precisions is two."""


def board_runs(session: "Session", board: BoardKey) -> pd.DataFrame:
    """Read one row for every scored run of a board, of each system those of its newest submission.

    Beside the facts of the run there are three columns for every metric, such as `i2t R@1`, `i2t R@1 low` and
    `i2t R@1 high`; `distinct` is false for a run with the same ranks as an earlier one of the submission.
    """
    current = newest_per_run(evaluated_runs(session, board))
    facts = pd.DataFrame(_facts(current), index=pd.Index([run.evaluation_id.hex for run in current], dtype=object))
    facts["distinct"] = first_of_their_kind(current)
    facts = facts.join(measured(session, board), how="left")
    return _newest_submissions(facts).reset_index(drop=True)


def _facts(runs: Sequence[EvaluatedRun]) -> list[dict[str, object]]:
    badges: dict[object, list[list[str]]] = {}
    for run in runs:
        badges.setdefault(run.submission_id, []).append(run.badges)
    variants = {key: ", ".join(variant_of(merged_badges(own))) for key, own in badges.items()}
    return [
        {
            "submission": str(run.submission_id),
            "system": run.system,
            "submitter": run.submitter,
            "variant": variants[run.submission_id],
            "deterministic": run.deterministic,
            "created": run.created_at,
            "finished": run.finished_at,
            "seed": run.seed,
        }
        for run in runs
    ]


def _newest_submissions(runs: pd.DataFrame) -> pd.DataFrame:
    newest = runs.sort_values("created", kind="stable").drop_duplicates(IDENTITY, keep="last")["submission"]
    return runs[runs["submission"].isin(newest)]


def run_metrics(runs: pd.DataFrame) -> list[str]:
    """List the metrics that runs have, as columns are named."""
    return measures(runs)


def with_names(*boards: pd.DataFrame) -> list[pd.DataFrame]:
    """Add a column `name` to runs of several boards, by which a system is told from all others on any of them."""
    together = pd.concat([runs[IDENTITY] for runs in boards]).drop_duplicates()
    often = Counter(together["system"])
    names = {
        (system, submitter, variant): system
        + (f" ({submitter})" if often[system] > 1 else "")
        + (f" · {variant}" if variant else "")
        for system, submitter, variant in together.itertuples(index=False)
    }
    return [runs.assign(name=[names[key] for key in runs[IDENTITY].itertuples(index=False)]) for runs in boards]
