"""How far a model is, as a bar in the terminal."""

from types import TracebackType
from typing import TYPE_CHECKING

from evaluator.progress import Progress

if TYPE_CHECKING:
    from rich.progress import TaskID


class ProgressBar:
    """One line on stderr for each stage, from any thread; where stderr is no terminal, one line when a stage begins."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._console = console
        self._stage: str | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> "ProgressBar":
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bars as they are."""
        self._bars.stop()

    def tell(self, progress: Progress) -> None:
        """Show how far it is."""
        if progress.remark:
            self._console.print(f"note: {progress.remark}", highlight=False, markup=False)
        if progress.stage != self._stage or self._task is None:
            self._begin(progress)
        rate = f"{progress.per_second:,.1f}/s" if progress.per_second else ""
        if self._task is not None:
            self._bars.update(self._task, completed=progress.done, total=progress.total or None, rate=rate)

    def _begin(self, progress: Progress) -> None:
        if self._task is not None:
            self._bars.stop_task(self._task)
        self._stage = progress.stage
        self._task = self._bars.add_task(progress.stage, total=progress.total or None, rate="")
        if not self._console.is_terminal:
            of = f" ({progress.total:,})" if progress.total else ""
            self._console.print(f"{progress.stage}{of} ...", highlight=False, markup=False)
