"""What a score format is, and the catalogue of them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from evaluator.run import Run, ScoreFile
from splits.catalog import Catalog
from splits.split import Split


class Orientation(StrEnum):
    """Which axis of a matrix holds the images."""

    IMAGES_FIRST = "images-x-captions"
    CAPTIONS_FIRST = "captions-x-images"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the user says of a file beside its content."""

    orientation: Orientation | None = None
    """Declared orientation; needed only where shape and ids leave it open."""
    split_digest: str | None = None
    """The digest of the split the scores were made for, compared when given."""


@dataclass(frozen=True, slots=True)
class ScoreFormat:
    """A way of keeping a run in a file."""

    name: str
    summary: str
    """One sentence for the reference page."""
    suffixes: tuple[str, ...]
    """File name endings, with the dot, by which `rematch score` chooses candidates for reading."""
    accepts: Callable[[Path], bool]
    """Whether the content at a path is of this format, judged by looking, never by executing.

    Raises ScoreFileError when the content is of a kind that this format reads, but damaged.
    """
    read: Callable[[Path, Split, Reading], ScoreFile]
    """Read and check a file against a split; raises ScoreFileError."""
    write: Callable[[Path, Run, Split], None]
    """Write a run, for examples and round-trip tests."""


FORMATS: Catalog[ScoreFormat] = Catalog(ScoreFormat, "evaluator.formats", label="score format")
