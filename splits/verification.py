"""Recompute the digests of splits and hold them against those that are pinned."""

from dataclasses import dataclass
from pathlib import Path

from splits.loading import SPLITS, is_available, load_split, read_definition
from splits.split import ORIGINAL

MATCHES, DIFFERS, NOT_PINNED = "matches", "differs", "not pinned yet"


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome for one split."""

    name: str
    state: str
    digest: str
    pinned: str | None
    judgments: tuple[str, ...]
    """The judgments that were read and found to be in order."""


def readable_names() -> list[str]:
    """Return the names of all splits of the catalogue that can be read right now."""
    return [name for name, definition in SPLITS.items() if is_available(definition)]


def verify(name_or_path: str | Path) -> Verification:
    """Read a split anew, with all its judgments, and compare its digest with the pinned one.

    Raises:
        RematchError: The split cannot be read, or a file claims a name that is not its own.
    """
    name = str(name_or_path)
    split = read_definition(SPLITS[name]) if name in SPLITS else load_split(name_or_path)
    judgments = (ORIGINAL, *split.extended)
    for judged in judgments:
        split.judgments(judged)
    pinned = SPLITS[split.name].digest if split.name in SPLITS else None
    state = NOT_PINNED if pinned is None else MATCHES if split.digest == pinned else DIFFERS
    return Verification(split.name, state, split.digest, pinned, judgments)
