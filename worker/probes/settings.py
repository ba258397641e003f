"""Whether all settings can be read, and none is misspelt."""

import difflib
import os

from pydantic_settings import BaseSettings

from splits.shown import shown
from submissions.settings import get_settings as get_places
from worker.probe import Answer, Part, Probe, ok, warn
from worker.settings import get_settings

PREFIX = "REMATCH_"
READ_ELSEWHERE = frozenset({"DATA", "WEIGHTS"})
"""What is read by packages that have no class of settings."""
_ALIKE = 0.8


def _ask() -> Answer:
    get_places()
    get_settings()
    given = sorted(name.removeprefix(PREFIX) for name in os.environ if name.startswith(PREFIX))
    known = {name.upper() for kind in _kinds(BaseSettings) for name in kind.model_fields} | READ_ELSEWHERE
    for name in given:
        near = [] if name in known else difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
        if near:
            return warn(f"{PREFIX}{shown(name, 60)} is set, and is no setting", f"Did you mean {PREFIX}{near[0]}?")
    listed = ", ".join(PREFIX + name for name in given if name in known)
    return ok(f"{listed} set, everything else as by default" if listed else "everything as by default")


def _kinds(kind: type[BaseSettings]) -> list[type[BaseSettings]]:
    """Return all classes of settings of ours that are loaded."""
    below = [one for child in kind.__subclasses__() for one in _kinds(child)]
    return [one for one in [kind, *below] if one.model_config.get("env_prefix") == PREFIX]


SETTINGS = Probe(
    "settings",
    Part.SETTINGS,
    "every variable can be read, and none is misspelt",
    _ask,
    remedy="Correct it in the environment, or in the file .env of the folder in which the command is run.",
)
