"""What a board says of its systems beside the numbers: who handed them in, what they are, and what they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.remarks import EVIDENCE_ONLY
from leaderboard.remarks import badges_of
from submissions.board_query import BoardKey, EvaluatedRun
from submissions.traits_query import Evidence, SystemTraits, system_traits, verified_on

if TYPE_CHECKING:
    from sqlmodel import Session

TRAITS = (
    "parameters",
    "pretraining_data",
    "pretraining_pairs",
    "interaction",
    "hard_negatives",
    "evidence",
    "verified",
)
FACTS = ("rank", "system", "submitter", "setting", "seeds", "badges", "submission", "created", *TRAITS)

_KINDS = {"parameters": "Int64", "pretraining_pairs": "Int64", "hard_negatives": "boolean", "verified": "bool"}
"""What of the facts is not always there, and is no text."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the systems of a board, by submission."""

    traits: Mapping[UUID, SystemTraits]
    verified: frozenset[UUID]


def read_known(session: "Session", board: BoardKey, *, as_of: date | None = None) -> Known:
    """Read what is known of the systems of a board, and was verified by the end of a day."""
    return Known(system_traits(session, board), frozenset(verified_on(session, board, as_of=as_of)))


def facts_of(runs: Sequence[EvaluatedRun], current: Sequence[EvaluatedRun], known: Known) -> pd.DataFrame:
    """Collect the facts of every submission.

    Args:
        runs: All that a board was asked to evaluate.
        current: The last succeeded evaluation of every run.
        known: What is known of the systems.
    """
    by_submission: dict[UUID, list[EvaluatedRun]] = {}
    for run in current:
        by_submission.setdefault(run.submission_id, []).append(run)
    asked: dict[UUID, set[UUID]] = {}
    for run in runs:
        asked.setdefault(run.submission_id, set()).add(run.run_id)
    rows = [
        (
            own[0].system,
            own[0].submitter,
            own[0].setting,
            len(own),
            badges_of(own, n_runs=len(asked[submission_id])),
            str(submission_id),
            own[0].created_at,
            *_traits_of(submission_id, own, known),
            max((run.finished_at for run in own if run.finished_at), default=None),
            int(first_of_their_kind(own).sum()),
        )
        for submission_id, own in by_submission.items()
    ]
    table = pd.DataFrame(
        rows, columns=[*FACTS[1:], "finished", "distinct"], index=pd.Index(by_submission, dtype=object)
    )
    return table.astype(_KINDS)


def _traits_of(submission_id: UUID, runs: Sequence[EvaluatedRun], known: Known) -> tuple[object, ...]:
    own = known.traits.get(submission_id, SystemTraits())
    ranks_only = any(EVIDENCE_ONLY in run.badges for run in runs)
    evidence = Evidence.RUN_HERE if own.is_run_here else Evidence.RANKS_ONLY if ranks_only else Evidence.RESCORED
    return (
        own.parameters,
        own.pretraining_data,
        own.pretraining_pairs,
        own.interaction,
        own.hard_negatives,
        evidence.value,
        submission_id in known.verified,
    )


def first_of_their_kind(runs: Sequence[EvaluatedRun]) -> NDArray[np.bool_]:
    """Mark the first of a submission's runs with the same ranks: what is sent twice is evidence once."""
    kinds = pd.Series([(run.submission_id, run.ranks_sha256 or run.run_id) for run in runs], dtype=object)
    return ~kinds.duplicated().to_numpy(dtype=np.bool_)


def last_scored(table: pd.DataFrame) -> str:
    """Say when the newest of some results was scored, for the line that states where numbers come from.

    Args:
        table: Submissions or runs with a column `finished`.
    """
    newest = max(table["finished"].dropna(), default=None)
    return "date of scoring not known" if newest is None else f"last scored {newest:%Y-%m-%d}"
