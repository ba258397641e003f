"""How long work says how far it is: a value that terminals, records and boards can each show in their own way."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stage of a run is."""

    stage: str
    """What is being done, as a few words: `encode images`."""
    done: int
    total: int
    per_second: float = 0.0
    """Since the stage began here, without what was already there; 0 while nothing is known."""
    remark: str = ""
    """Something worth telling once, e.g. that a batch was halved; empty otherwise."""

    @property
    def share(self) -> float:
        """Between 0 and 1; a stage without anything to do is done."""
        return self.done / self.total if self.total else 1.0


Tell: TypeAlias = Callable[[Progress], None]
"""What long work calls, from the thread that asked for the work, at most a few times a second."""


def ignore(_progress: Progress) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Meter:
    """Counts what is done in one stage and tells it, not more often than a person can read."""

    tell: Tell
    stage: str
    total: int
    done: int = 0
    interval: float = 0.25
    _began: float = field(default_factory=time.monotonic)
    _told: float = 0.0
    _before: int = 0
    """How many were there before the stage began, which its rate leaves out."""

    def __post_init__(self) -> None:
        """Say that the stage begins."""
        self.tell(self._progress(""))

    def add(self, count: int) -> None:
        """Count some more as done."""
        self.done += count
        now = time.monotonic()
        if self.done >= self.total or now - self._told >= self.interval:
            self._told = now
            self.tell(self._progress(""))

    def found(self, count: int) -> None:
        """Count some as done that were there before, and let the rate begin here."""
        self.done += count
        self._before = self.done
        self._began = time.monotonic()
        self.tell(self._progress(""))

    def say(self, remark: str) -> None:
        """Tell something besides numbers, at once."""
        self.tell(self._progress(remark))

    def _progress(self, remark: str) -> Progress:
        seconds = time.monotonic() - self._began
        rate = (self.done - self._before) / seconds if seconds > 0 else 0.0
        return Progress(self.stage, self.done, self.total, rate, remark)
