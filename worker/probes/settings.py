"""Whether all settings can be read, and none is misspelt."""

import difflib
import importlib
import os
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from pydantic_settings import BaseSettings

import submissions
import worker
from splits.shown import shown
from submissions.settings import read_settings
from worker.probe import Answer, Part, Probe, ok, warn

PREFIX = "REMATCH_"
READ_ELSEWHERE = frozenset({"DATA", "WEIGHTS", "SERVER", "TOKEN"})
"""What is read without a class of settings."""
_ALIKE = 0.8


def _ask() -> Answer:
    kinds = [kind for package in (submissions, worker) for kind in _kinds(package)]
    for kind in kinds:
        read_settings(kind)
    given = sorted(name.removeprefix(PREFIX) for name in os.environ if name.startswith(PREFIX))
    known = {name.upper() for kind in kinds for name in kind.model_fields} | READ_ELSEWHERE
    for name in given:
        near = [] if name in known else difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
        if near:
            return warn(f"{PREFIX}{shown(name, 60)} is set, and is no setting", f"Did you mean {PREFIX}{near[0]}?")
    listed = ", ".join(PREFIX + name for name in given if name in known)
    return ok(f"{listed} set, everything else as by default" if listed else "everything as by default")


def _kinds(package: ModuleType) -> Iterator[type[BaseSettings]]:
    """Return the classes of settings of a package, which are in its modules called `settings` or `..._settings`."""
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if info.name.endswith("settings"):
            module = importlib.import_module(info.name)
            own = (one for one in vars(module).values() if isinstance(one, type) and one.__module__ == info.name)
            yield from (one for one in own if issubclass(one, BaseSettings))


SETTINGS = Probe(
    "settings",
    Part.SETTINGS,
    "every variable can be read, and none is misspelt",
    _ask,
    remedy="Correct it in the environment, or in the file .env of the folder in which the command is run.",
)
