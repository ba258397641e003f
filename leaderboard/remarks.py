"""The badges of a whole submission: those of its runs, and what the runs show only together."""

import re
from collections.abc import Iterable, Sequence

from evaluator.model_order import OTHER_PRECISION
from evaluator.reranking.depth import TRUNCATED
from splits.catalog import natural_key
from submissions.board_query import EvaluatedRun
from submissions.entry_query import EntryRun
from submissions.seeds import identical_groups

SIGMA_0 = "sigma = 0 by construction"
IDENTICAL_RUNS = "identical runs"
NOT_DETERMINISTIC = "declared deterministic, but runs differ"
INCOMPLETE = "incomplete"
UNPAIRED = "compared unpaired"
"""What images do to its value is not stored for every run, so its gaps are held against the intervals alone."""

OTHER_NUMBERS = (f"{OTHER_PRECISION} ", f"{TRUNCATED} ")
"""How badges begin that say that a system was run in another way: it then stands in a row of its own everywhere."""


def badges_of(runs: Sequence[EvaluatedRun], *, n_runs: int) -> tuple[str, ...]:
    """Collect what a reader must know before comparing: the evaluations' own badges, and what the seeds show."""
    badges = [*merged_badges(run.badges for run in runs), *seed_badges(runs, deterministic=runs[0].deterministic)]
    if len(runs) < n_runs:
        badges.append(f"{INCOMPLETE}: {len(runs)} of {n_runs} runs")
    return tuple(badges)


def seed_badges(runs: Sequence[EvaluatedRun] | Sequence[EntryRun], *, deterministic: bool) -> list[str]:
    """Say what the runs of one protocol under several seeds are no evidence of."""
    if deterministic and len(runs) > 1:
        files, ranks = ({getattr(run, name) for run in runs} for name in ("artifact_sha256", "ranks_sha256"))
        # One file under several fold draws gives several ranks, and says nothing against the system.
        return [SIGMA_0] if len(ranks) == 1 else [NOT_DETERMINISTIC] if len(files) > 1 else []
    contents = {run.run_id: (run.artifact_sha256, run.ranks_sha256) for run in runs}
    return [IDENTICAL_RUNS] if identical_groups(contents) else []


def variant_of(badges: Iterable[str]) -> tuple[str, ...]:
    """Return the badges that tell one way to run a system from another."""
    return tuple(badge for badge in badges if badge.startswith(OTHER_NUMBERS))


def merged_badges(badges: Iterable[Iterable[str]]) -> list[str]:
    """Join the badges of several runs; of those with a number, such as `ties 3.1 %`, the largest stands for all."""
    joined: dict[str, str] = {}
    for badge in sorted((badge for own in badges for badge in own), key=natural_key):
        joined[re.sub(r"\d.*", "", badge)] = badge
    return list(joined.values())
