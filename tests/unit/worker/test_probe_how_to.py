"""The probe that the how-to shows is one, and tells an idle machine from a busy one."""

import os

from tests.unit.how_to import entry_of
from worker.doctor import examine
from worker.probe import Grade, Part, Probe

SHOWN = entry_of("add-a-probe.md", Probe)


def test_it_is_asked_like_any_other(monkeypatch):
    assert (SHOWN.name, SHOWN.part) == ("load", Part.MACHINE)
    for load, grade in ((0.5, Grade.OK), (100_000.0, Grade.WARN)):
        monkeypatch.setattr(os, "getloadavg", lambda load=load: (0.0, 0.0, load))
        (found,) = examine({SHOWN.name: SHOWN})
        assert found.answer.grade is grade
        assert found.answer.found.startswith(f"load {load:.1f} in the last 15 minutes, ")
