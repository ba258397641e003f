"""Where a process runs models, and who is told how far they are."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.progress import Progress, Tell, ignore

if TYPE_CHECKING:
    from worker.heartbeat import Pulse


@dataclass(frozen=True, slots=True)
class Desk:
    """What decides where a model is run, and nothing of what it returns."""

    device: str | None = None
    """As torch names it; that of the settings if omitted."""
    data: Path | None = None
    """The folder of the dataset; that of REMATCH_DATA if omitted."""
    tell: Tell = ignore
    """Who watches besides the record."""

    def watched_by(self, pulse: "Pulse") -> "Desk":
        """Return the same desk, at which the record is told too."""

        def tell(progress: Progress) -> None:
            pulse.tell(progress)
            self.tell(progress)

        return replace(self, tell=tell)
