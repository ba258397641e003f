"""Does the order of systems carry from scenes to objects? Two lists of values become one table and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from evaluator.audit.order import Flip, OrderAgreement
from evaluator.audit.replication import Carries, DatasetValues, Replication, replication
from evaluator.audit.system_value import SystemValue
from leaderboard.overview import Overview
from splits.split import Centricity
from submissions.measured_levels import level_of

KEPT = "order kept with all"
WITHIN = "order changes within noise"
UNKNOWN = "order changes, noise unknown"
BEYOND = "order changes beyond noise"
CHANGES = (KEPT, WITHIN, UNKNOWN, BEYOND)
"""What the pictures tell apart, from the least to the most that is known of a change."""


@dataclass(frozen=True, slots=True)
class Side:
    """One list of values: a board or what a source states on one dataset."""

    name: str
    values: Mapping[str, SystemValue]
    spreads: Mapping[str, tuple[float, float]]
    """The ends of what is drawn around a value, where anything is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """The systems that both sides have, the best on scenes first."""

    scene: str
    object: str
    order: OrderAgreement
    carries: Carries
    table: pd.DataFrame
    n_common: int
    """All that both sides have, of which the table holds the best."""


def fullest_pair(found: Overview) -> tuple[str, str]:
    """Name the scene-centric and the object-centric board that share most systems; there must be one of each."""
    numbered = list(enumerate(zip(found.boards, found.labels, strict=True)))
    has = [found.table[f"{number} value"].notna() for number, _ in numbered]
    pairs = [
        (int((has[i] & has[j]).sum()), first, second)
        for i, (scene, first) in numbered
        for j, (other, second) in numbered
        if (scene.centricity, other.centricity) == (Centricity.SCENE, Centricity.OBJECT)
    ]
    return max(pairs, key=lambda pair: pair[0])[1:]


def side_of_runs(name: str, runs: pd.DataFrame, metric: str = "rsum") -> Side:
    """Average the distinct runs of every system of a board, known by the column `name`.

    Around a mean of several seeds lies their standard deviation, around a single run its interval over images.
    """
    values: dict[str, SystemValue] = {}
    spreads: dict[str, tuple[float, float]] = {}
    if metric not in runs:
        return Side(name, values, spreads)
    for system, own in runs[runs["distinct"] & runs[metric].notna()].groupby("name", sort=False):
        low, high = (float(own[f"{metric} {end}"].iloc[0]) for end in ("low", "high"))
        ci95 = None if np.isnan(low) or np.isnan(high) else (low, high)
        value = level_of(own[metric].tolist(), ci95, certain=bool(own["deterministic"].iloc[0]))
        values[str(system)] = value
        if len(own) > 1:
            std = (value.error or 0.0) * sqrt(len(own))
            spreads[str(system)] = (value.value - std, value.value + std)
        elif ci95:
            spreads[str(system)] = ci95
    return Side(name, values, spreads)


def transfer_between(scene: Side, object_: Side, *, most: int) -> Transfer | None:
    """Hold two sides against each other; None where they share fewer than two systems.

    Args:
        scene: The scene-centric side.
        object_: The object-centric side.
        most: The best so many by the mean of their places on both sides are kept.
    """
    common = scene.values.keys() & object_.values.keys()
    if len(common) < 2:
        return None
    kept = _best(scene, object_, common, most)
    sides = [
        DatasetValues(kind.value, kind, {name: side.values[name] for name in kept})
        for kind, side in ((Centricity.SCENE, scene), (Centricity.OBJECT, object_))
    ]
    found = replication(sides)
    order = found.comparisons[0].order
    table = _table(found, order, (scene, object_))
    return Transfer(scene.name, object_.name, order, found.carries(same_type=False), table, len(common))


def _best(scene: Side, object_: Side, common: set[str], most: int) -> list[str]:
    """Choosing by one side alone would make the other look worse, and by chance alone."""
    names = sorted(common)
    places = sum(
        pd.Series([side.values[name].value for name in names]).rank(ascending=False) for side in (scene, object_)
    )
    return [names[row] for row in np.argsort(np.asarray(places), kind="stable")[:most].tolist()]


def _table(found: Replication, order: OrderAgreement, sides: tuple[Side, Side]) -> pd.DataFrame:
    lost = {drop.system: drop.relative for drop in found.drops}
    rows = []
    for name in order.systems:
        row: dict[str, object] = {"system": name}
        for kind, side in zip((Centricity.SCENE.value, Centricity.OBJECT.value), sides, strict=True):
            low, high = side.spreads.get(name, (np.nan, np.nan))
            row |= {kind: side.values[name].value, f"{kind} low": low, f"{kind} high": high}
            row[f"{kind} rank"] = found.ranks[kind][name]
        rows.append({**row, "lost": lost[name], "change": _change(name, order.flips)})
    return pd.DataFrame(rows)


def _change(name: str, flips: tuple[Flip, ...]) -> str:
    own = {flip.is_certain for flip in flips if name in (flip.ahead_in_first, flip.ahead_in_second)}
    return BEYOND if True in own else UNKNOWN if None in own else WITHIN if own else KEPT
