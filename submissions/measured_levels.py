"""The level of measured systems on each protocol: rsum, by which they are put in order, with what noise is known."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from evaluator.audit.levels import Levels
from evaluator.audit.reproduction import Reproduction
from evaluator.audit.system_value import SystemValue
from evaluator.protocol import RSUM
from submissions.measured_query import MeasuredSystem

_Z95 = 1.959963984540054


def named(systems: Iterable[MeasuredSystem]) -> dict[str, MeasuredSystem]:
    """Return systems by name; of several with one name, each with its submitter, and the newest of each."""
    systems = tuple(systems)
    often = Counter(one.name for one in systems)
    return {one.name if often[one.name] == 1 else f"{one.name} ({one.submitter})": one for one in systems}


def measured_levels(systems: Mapping[str, MeasuredSystem]) -> Levels:
    """Return the level of every system on every protocol that has one."""
    levels: Levels = {}
    for name, system in systems.items():
        for protocol in dict.fromkeys(one.protocol for one in system.evaluations):
            found = system.reproduction(protocol, RSUM, None)
            if found is not None:
                levels.setdefault(protocol, {})[name] = _level(found)
    return levels


def measured_runs(systems: Mapping[str, MeasuredSystem]) -> dict[str, dict[str, list[float]]]:
    """Return the levels of the distinct runs of every system, by protocol and system."""
    found: dict[str, dict[str, list[float]]] = {}
    for name, system in systems.items():
        for protocol in dict.fromkeys(one.protocol for one in system.evaluations):
            own = system.reproduction(protocol, RSUM, None)
            if own is not None:
                found.setdefault(protocol, {})[name] = [run.value for run in own.distinct]
    return found


def _level(found: Reproduction) -> SystemValue:
    return level_of([run.value for run in found.distinct], found.distinct[0].ci95, certain=found.is_deterministic)


def level_of(values: Sequence[float], ci95: tuple[float, float] | None, *, certain: bool) -> SystemValue:
    """Return the level of one system from its distinct runs.

    Args:
        values: Of the runs.
        ci95: The interval over images of the first of them, where there is one.
        certain: Whether another run would give the same value.
    """
    if len(values) > 1:
        return SystemValue.of_seeds(values)
    # Of one run of a system that is not deterministic nobody knows how far another would lie.
    if not certain or ci95 is None:
        return SystemValue(values[0])
    return SystemValue(values[0], error=(ci95[1] - ci95[0]) / (2 * _Z95))
