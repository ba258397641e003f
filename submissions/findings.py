"""What a check of a submission found, as values."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from evaluator.model_order import ModelOrder
from submissions.artifacts import StoredFile
from submissions.manifest import Manifest, ManifestRun
from submissions.tables import Queue


class Level(StrEnum):
    """How much a finding matters."""

    OK = "OK"
    WARN = "WARN"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what a check found."""

    level: Level
    where: str
    """The manifest, or a run's position and file."""
    message: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One evaluation that a run asks for, with all that identifies it."""

    protocol: str
    protocol_version: int
    judgments: str
    split: str
    split_digest: str
    centricity: str
    seed: int
    """The seed of everything random in the evaluation."""
    queue: Queue = Queue.SCORES


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file of a submission as it was when it was checked."""

    path: Path
    content: StoredFile
    name: str = ""
    """What its sender calls it, where that is not how it lies here."""


@dataclass(frozen=True, slots=True)
class CheckedRun:
    """A run that fits all the splits it is to be scored on."""

    stated: ManifestRun
    position: int
    file: CheckedFile | None
    """The score file, or the weights that come with a model; None for a model whose weights come from elsewhere."""
    format: str
    planned: tuple[Planned, ...]
    order: ModelOrder | None = None
    """The model to be run; None for a score file."""

    @property
    def shown(self) -> str:
        """What a person recognises the run by."""
        return shown_run(self.stated, self.order)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, and what it would take in."""

    manifest_path: Path
    manifest: Manifest | None
    """None when it cannot be read."""
    runs: tuple[CheckedRun, ...]
    split_file: CheckedFile | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep a submission out."""
        return tuple(finding for finding in self.findings if finding.level is Level.ERROR)

    @property
    def is_acceptable(self) -> bool:
        """Whether it can be submitted."""
        return self.manifest is not None and not self.errors


def shown_run(stated: ManifestRun, order: ModelOrder | None) -> str:
    """Return the file or the model of a run."""
    return stated.file or stated.weights or (order.reference if order else "")


def count_of(n: int, noun: str) -> str:
    """Say how many of something there are."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
