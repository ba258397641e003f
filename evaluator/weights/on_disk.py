"""Files of weights that a model may have been loaded from, as they lie on this machine now.

A process that lives long holds a model between tasks; whether it is still the one on the disk is told by these.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from evaluator.weights.hub import local_path, weights_folder
from splits.file_state import FileState

PREFIXES = ("local-dir:", "file:")
"""What stands before a path in the name of a model, in every family that takes one."""
_PIXELS = re.compile(r"@\d{1,4}$")
_BESIDE = (".json", ".txt")
"""Beside a file of weights: what says the sizes of its network, or the words that it knows."""


def names_a_path(reference: str) -> bool:
    """Whether a reference names a folder or file, and no repository or checkpoint."""
    return reference.partition(":")[2].startswith(PREFIXES)


def named_path(reference: str, *, anywhere: bool) -> Path | None:
    """Return the folder or file that a reference names; None where it names none.

    Raises:
        ModelError: It leads out of the folder of weights, and may not.
    """
    name = reference.partition(":")[2]
    prefix = next((one for one in PREFIXES if name.startswith(one)), None)
    if prefix is None:
        return None
    named = name.removeprefix(prefix)
    return local_path(_PIXELS.sub("", named) if prefix == "file:" else named, anywhere=anywhere)


def states_on_disk(reference: str, *, anywhere: bool) -> dict[Path, FileState]:
    """Look at all files that a reference may be loaded from, the hub's cache aside, where a commit never changes.

    That is what it names and the whole folder of weights: which of its files a family takes is the family's affair, and
    a model that is loaded once too often costs less than one that is out of date.

    Raises:
        ModelError: It leads out of the folder of weights, and may not.
    """
    named = named_path(reference, anywhere=anywhere)
    found: dict[Path, FileState] = {}
    for path in {*_files(weights_folder()), *(_files(named) if named else ())}:
        try:
            found[path] = FileState.of(path)
        except OSError:
            continue  # gone meanwhile, or a link to nothing: no model can come from it
    return found


def _files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        seen: set[str] = set()
        for folder, below, names in os.walk(place, followlinks=True):
            # A link may lead back to where the walk came from.
            if os.path.realpath(folder) in seen:
                below.clear()
                continue
            seen.add(os.path.realpath(folder))
            yield from (Path(folder, name) for name in names)
    elif place.is_file():
        yield place
        yield from (path for path in place.parent.iterdir() if path.suffix in _BESIDE)
