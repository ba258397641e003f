"""Build a split of the catalogue from its official files, and keep it where `load_split` looks for it."""

from dataclasses import dataclass
from pathlib import Path

from splits.errors import SplitError
from splits.loading import SPLITS, as_catalogued, built_path
from splits.split import Split
from splits.split_file import write_split_file
from splits.verification import DIFFERS, MATCHES, NOT_PINNED


@dataclass(frozen=True, slots=True)
class Built:
    """A split as built, how its digest compares, and the file it was written to, if any."""

    split: Split
    pinned: str | None
    state: str
    written: Path | None


def build_split(name: str, source: Path, *, output: Path | None = None) -> Built:
    """Build a split from the official files at a path.

    It is written to `output`; without one it is written to where `load_split` finds it, unless the split can be read
    without any file. A split whose digest differs from the pinned one is never written.

    Raises:
        UnknownNameError: No split has that name.
        SplitError: The files are not the official ones, or the split needs none.
    """
    definition = SPLITS[name]
    if definition.build is None:
        raise SplitError(
            f"{name} is complete as installed and is not built from files. Try: rematch splits show {name}"
        )
    if not source.exists():
        raise SplitError(f"There is nothing at {source}. {definition.instructions}")
    split = as_catalogued(definition.build(source), definition, source)
    state = NOT_PINNED if definition.digest is None else MATCHES if split.digest == definition.digest else DIFFERS
    target = output or (built_path(name) if definition.read is None else None)
    if target is None or state == DIFFERS:
        return Built(split, definition.digest, state, None)
    write_split_file(split, target)
    return Built(split, definition.digest, state, target)
