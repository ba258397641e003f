"""Where a process runs models, and who is told how far they are."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evaluator.loaded_models import LoadedModels
from evaluator.progress import Progress, Tell, ignore
from splits.contents import Contents
from splits.file_state import FileDigests

if TYPE_CHECKING:
    from worker.bar import ProgressBar
    from worker.heartbeat import Pulse


@dataclass(frozen=True, slots=True)
class Desk:
    """What decides where a model is run, and nothing of what it returns."""

    device: str | None = None
    """As torch names it; that of the settings if omitted."""
    contents: Contents | None = None
    """Shared by all that one command runs here; if omitted, every task looks at the disk again."""
    digests: FileDigests = field(default_factory=FileDigests, compare=False)
    """Of pictures, read again by a later task only where the file was changed."""
    loaded: LoadedModels = field(default_factory=LoadedModels, compare=False)
    """The models this process holds, for what comes next."""
    is_fresh: bool = False
    """Whether everything is computed anew, whatever was kept of earlier runs."""
    is_watched: bool = False
    """Whether somebody waits for the end and mends what is missing: nothing is tried again by itself."""
    tell: Tell = ignore
    """Who watches besides the record."""

    def at_hand(self) -> Contents:
        """Return the pictures and captions of the command, or begin those of a task."""
        return self.contents or Contents(digests=self.digests)

    def watched_by(self, watcher: "Pulse | ProgressBar") -> "Desk":
        """Return the same desk, at which another is told too."""

        def tell(progress: Progress) -> None:
            watcher.tell(progress)
            self.tell(progress)

        return replace(self, tell=tell)
