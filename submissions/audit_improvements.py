"""How much of what systems gain over a baseline comes back, as plain values of an audit."""

from collections.abc import Mapping
from typing import Any

from evaluator.audit.reproduction_measures import (
    Effect,
    delta_relative_improvement,
    effect_ratio,
    root_mean_square_error,
)
from evaluator.audit.system_value import SystemValue


def improvements(first: Mapping[str, SystemValue], second: Mapping[str, SystemValue]) -> dict[str, Any]:
    """Hold the gain of every system over the lowest in one list against the same gain in another.

    Args:
        first: Levels by system, such as the reported ones.
        second: Others, under the same names; two of them at least are in both.
    """
    common = sorted((name for name in first if name in second), key=lambda name: first[name].value)
    baseline, *advanced = common
    rows = []
    for name in reversed(advanced):
        before, after = (Effect(values[name].value, values[baseline].value) for values in (first, second))
        rows.append(
            {
                "system": name,
                "first": before.improvement,
                "second": after.improvement,
                "effect_ratio": effect_ratio(before, after),
                "delta_relative_improvement": delta_relative_improvement(before, after),
            }
        )
    levels = ([values[name].value for name in common] for values in (first, second))
    return {"baseline": baseline, "rmse": root_mean_square_error(*levels), "systems": rows}
