"""How far the runs of a system lie apart, held against the gap to the next system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluator.audit.seed_lists import SeedLists
from evaluator.audit.stability import neighbours, spreads_of
from leaderboard.board_runs import run_metrics
from leaderboard.components import higher_is_better, is_plain, shown
from splits.split import Direction

Runs = Mapping[str, Sequence[float]]
RSUM = "rsum"


@dataclass(frozen=True, slots=True, eq=False)
class Strips:
    """The systems with two runs or more, the highest mean first."""

    metric: str
    table: pd.DataFrame
    """A row for each system; gap, least gap and overlap are to the next one below."""
    runs: pd.DataFrame
    """A row for each run: `system` and `value`."""
    n_systems: int
    """All that have two runs or more, of which the best are in the table."""
    n_single: int
    """Systems with one run, which cannot be shown."""


def runs_on_board(runs: pd.DataFrame, metric: str) -> dict[str, list[float]]:
    """Return the distinct runs of every system of a board, known by the column `name`."""
    kept = runs[runs["distinct"] & runs[metric].notna()]
    found: dict[str, list[float]] = {}
    for name, value in zip(kept["name"].tolist(), kept[metric].tolist(), strict=True):
        found.setdefault(name, []).append(value)
    return found


def board_metrics(runs: pd.DataFrame) -> list[str]:
    """List the metrics of a board that are shares, of which more is better; rsum first where there is one."""
    shares = [name for name in run_metrics(runs) if higher_is_better(name) and not is_plain(name)]
    return sorted(shares, key=lambda name: name != RSUM)


def runs_in_source(lists: SeedLists, ground: str, metric: str) -> dict[str, list[float]]:
    """Return the listed runs of every system of a source on one dataset.

    Args:
        lists: Of the source.
        ground: The protocol or dataset.
        metric: Such as `i2t R@1`, or rsum, which adds up all recalls of a run that has them.
    """
    from evaluator.audit.levels import run_levels

    if metric == RSUM:
        return run_levels(lists).get(ground, {})
    direction, name = metric.split(" ")
    cell = (ground, Direction(direction), name)
    found = {
        f"{key.system} {key.variant}".strip(): [run[cell] for run in runs if cell in run]
        for key, runs in lists.runs.items()
    }
    return {system: values for system, values in found.items() if values}


def strips_of(runs: Runs, metric: str, *, most: int) -> Strips | None:
    """Put systems in order and hold ranges against gaps; None where no system has two runs.

    Args:
        runs: The distinct runs of each system.
        metric: What they are values of.
        most: So many systems with the highest means are kept.
    """
    every = [one for one in spreads_of(runs) if len(one.values) > 1]
    if not every:
        return None
    kept = every[:most]
    rows = [
        {"system": one.system, "n": len(one.values), "mean": one.mean, "std": one.std, "range": one.range}
        for one in kept
    ]
    below = [
        {"next": pair.behind, "gap": pair.gap, "least gap": pair.significant_gap, "overlap": pair.overlap}
        for pair in neighbours(kept)
    ]
    table = pd.DataFrame([{**row, **pair} for row, pair in zip(rows, [*below, {}], strict=True)])
    table = table.reindex(columns=["system", "n", "mean", "std", "range", "next", "gap", "least gap", "overlap"])
    points = pd.DataFrame([(one.system, value) for one in kept for value in one.values], columns=["system", "value"])
    return Strips(metric, table, points, len(every), sum(len(values) == 1 for values in runs.values()))


def density_of(values: Sequence[float], *, n_points: int = 60) -> tuple[list[float], list[float]]:
    """Return places between the lowest and the highest run, and the density of runs there, 1 at its highest."""
    from scipy.stats import gaussian_kde

    places = np.linspace(min(values), max(values), n_points)
    density = gaussian_kde(values)(places)
    return places.tolist(), (density / density.max()).tolist()


def range_sentence(found: Strips) -> str:
    """Say where a system moves farther with its seed than it is from the next."""
    pairs = found.table[found.table["next"].notna()].to_dict("records")
    if not pairs:
        only = found.table.to_dict("records")[0]
        return f"The {only['n']} runs of {only['system']} lie within {shown(found.metric, only['range'])} points."
    wide = [row for row in pairs if row["range"] > row["gap"]]
    row = max(wide or pairs, key=lambda row: row["range"] - row["gap"])
    words = (
        f"The range of {row['system']} over its {row['n']} runs, {shown(found.metric, row['range'])} points,"
        f" {'exceeds' if wide else 'is below'} its gap of {shown(found.metric, row['gap'])} to {row['next']}"
    )
    if not wide:
        return f"{words}; so it is for all {len(pairs)} systems with one below them."
    return f"{words}; so it is for {len(wide)} of {len(pairs)} systems with one below them."


def overlap_sentence(found: Strips) -> str:
    """Say what that means for whoever has one run of each."""
    n_pairs = int(found.table["next"].notna().sum())
    n = int(found.table["overlap"].eq(True).sum())
    if not n_pairs:
        return ""
    if not n:
        return "No run reaches the runs of the next system: one run of each would show them in this order."
    return (
        f"In {n} of {n_pairs} pairs of neighbours the best run of the one behind reaches the worst of the one ahead:"
        " one run of each may show them in the wrong order."
    )
