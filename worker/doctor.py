"""Ask every probe, one after another, each for so long at most: nothing that hangs keeps the doctor waiting."""

import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from splits.errors import RematchError
from worker.probe import PROBES, Answer, Grade, Part, Probe, fail, skip

PATIENCE_SECONDS = 45.0
"""Longer than a locked SQLite database is waited for, which says more than that nothing came."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe found."""

    probe: Probe
    answer: Answer


def examine(probes: Mapping[str, Probe] = PROBES, *, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Finding]:
    """Ask every probe, in the order of their parts, each after those that it needs.

    Args:
        probes: By name.
        patience_seconds: How long one may take.
    """
    grades: dict[str, Grade] = {}
    for probe in _in_order(probes.values()):
        missing = [name for name in probe.needs if grades.get(name) in (Grade.FAIL, Grade.SKIP)]
        answer = skip(f"not asked, as {missing[0]} did not succeed") if missing else _asked(probe, patience_seconds)
        grades[probe.name] = answer.grade
        yield Finding(probe, answer)


def _in_order(probes: Iterable[Probe]) -> list[Probe]:
    """Sort by part and then as in the catalogue, but nothing before what it needs."""
    waiting, sorted_probes = sorted(probes, key=lambda one: list(Part).index(one.part)), list[Probe]()
    while waiting:
        known = {one.name for one in sorted_probes}
        first = next((one for one in waiting if known.issuperset(one.needs)), None)
        if first is None:
            raise ValueError(f"The probes {', '.join(one.name for one in waiting)} need something that is not there.")
        waiting.remove(first)
        sorted_probes.append(first)
    return sorted_probes


def _asked(probe: Probe, patience_seconds: float) -> Answer:
    """Ask in a thread, which is left alone when it takes too long."""
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(_answer(probe)), name=probe.name, daemon=True)
    thread.start()
    thread.join(patience_seconds)
    if answers:
        return answers[0]
    return fail(f"no answer within {patience_seconds:g} s", "Find out what hangs: a server, a network, or a disk.")


def _answer(probe: Probe) -> Answer:
    try:
        return probe.ask()
    except RematchError as error:
        return fail(str(error).partition("\n")[0], probe.remedy)
    except Exception as error:  # the probe's boundary: whatever is broken here must not hide the rest
        # Not its words, which may hold a secret.
        place = traceback.extract_tb(error.__traceback__)[-1]
        return fail(
            f"could not be looked at: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}",
            "This is a fault of the doctor itself: send this line to whoever maintains this installation.",
        )
