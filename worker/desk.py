"""Where a process runs models, and who is told how far they are."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.loaded_models import LoadedModels
from evaluator.progress import Progress, Tell, ignore

if TYPE_CHECKING:
    from worker.bar import ProgressBar
    from worker.heartbeat import Pulse


@dataclass(frozen=True, slots=True)
class Desk:
    """What decides where a model is run, and nothing of what it returns."""

    device: str | None = None
    """As torch names it; that of the settings if omitted."""
    data: Path | None = None
    """The folder of the dataset; that of REMATCH_DATA if omitted."""
    loaded: LoadedModels = field(default_factory=LoadedModels, compare=False)
    """The models this process holds, for what comes next."""
    is_fresh: bool = False
    """Whether everything is computed anew, whatever was kept of earlier runs."""
    tell: Tell = ignore
    """Who watches besides the record."""

    def watched_by(self, watcher: "Pulse | ProgressBar") -> "Desk":
        """Return the same desk, at which another is told too."""

        def tell(progress: Progress) -> None:
            watcher.tell(progress)
            self.tell(progress)

        return replace(self, tell=tell)
