"""What a probe of an installation is, what it answers, and the catalogue of them.

A probe changes nothing that stays, and never imports a deep-learning framework: what may take a process down is asked
in a process of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from splits.catalog import Catalog


class Grade(StrEnum):
    """How something was found."""

    OK = "OK"
    WARN = "WARN"
    """It works, and somebody should look at it."""
    FAIL = "FAIL"
    """Something does not work, or will not for long."""
    SKIP = "SKIP"
    """It was not looked at, as something it needs is missing."""


class Part(StrEnum):
    """What a probe is about, in the order in which they are asked and shown."""

    SETTINGS = "settings"
    MACHINE = "machine"
    DATABASE = "database"
    BROKER = "broker"
    FILES = "files"
    WORKERS = "workers"
    JOBS = "jobs"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found."""

    grade: Grade
    found: str
    """In a few words, with names and numbers; never a secret."""
    advice: str = ""
    """What to do; always there where the grade is WARN or FAIL."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Looks at one thing."""

    name: str
    part: Part
    expects: str
    """How it should be, in a few words."""
    ask: Callable[[], Answer]
    """Looks; may raise a `RematchError`, which is a FAIL."""
    remedy: str = "Do what it says."
    """What to do where it raises."""
    needs: tuple[str, ...] = ()
    """Names of probes without whose success there is nothing to be asked."""


PROBES: Catalog[Probe] = Catalog(Probe, "worker.probes")


def ok(found: str) -> Answer:
    """Answer that all is well."""
    return Answer(Grade.OK, found)


def warn(found: str, advice: str) -> Answer:
    """Answer that somebody should look."""
    return Answer(Grade.WARN, found, advice)


def fail(found: str, advice: str) -> Answer:
    """Answer that something does not work."""
    return Answer(Grade.FAIL, found, advice)


def skip(found: str) -> Answer:
    """Answer that there was nothing to look at."""
    return Answer(Grade.SKIP, found)
