"""Find a split by name or by the path of a split file."""

import os
from dataclasses import replace
from pathlib import Path

from splits.catalog import Catalog
from splits.errors import SplitError
from splits.split import Split, SplitDefinition

SPLITS: Catalog[SplitDefinition] = Catalog(SplitDefinition, "splits.datasets", label="split")


def load_split(name_or_path: str | Path) -> Split:
    """Load a split of the catalogue by name, or a user's own split file by path.

    Args:
        name_or_path: A catalogue name; or a path, which a text is when it ends in .json or names something there.

    Raises:
        UnknownNameError: No split has that name.
        SplitError: The split must be built first, or the file is not a valid split file.
    """
    text = str(name_or_path)
    is_path = isinstance(name_or_path, Path) or text.endswith(".json") or (text != "" and _exists(text))
    if text not in SPLITS and is_path:
        return _load_file(Path(text))
    return check_pinned(read_definition(SPLITS[text]), SPLITS[text])


def built_path(name: str) -> Path:
    """Return where a split of the catalogue lies once it was built."""
    return Path(os.environ.get("REMATCH_HOME", "var")) / "splits" / f"{name}.json"


def is_available(definition: SplitDefinition) -> bool:
    """Whether a split can be loaded right now, without building it."""
    return definition.read is not None or built_path(definition.name).is_file()


def read_definition(definition: SplitDefinition) -> Split:
    """Read a split of the catalogue from what is installed or was built, without comparing its digest.

    Raises:
        SplitError: It must be built first; the message says from which files and how.
    """
    if definition.read is not None:
        return definition.read()
    path = built_path(definition.name)
    if not path.is_file():
        raise SplitError(
            f"{definition.name} is not built yet. Run: rematch splits build {definition.name} --from PATH, where PATH"
            f" is the following. {definition.instructions} The split will be kept as {path}."
        )
    from splits.split_file import read_split_file

    return as_catalogued(read_split_file(path), definition, path)


def as_catalogued(split: Split, definition: SplitDefinition, path: Path) -> Split:
    """Give a split read from a file the provenance of its catalogue entry, checking name and counts."""
    if split.name != definition.name:
        raise SplitError(f"{path} holds the split {split.name}, expected {definition.name}. Build it again.")
    for kind, stated, found in (
        ("images", definition.n_images, split.n_images),
        ("captions", definition.n_captions, split.n_captions),
    ):
        if stated is not None and stated != found:
            raise SplitError(
                f"{path} has {found:,} {kind}, {definition.name} has {stated:,}."
                " Build it from the official files, or give your own split another name."
            )
    return replace(split, dataset=definition.dataset, caption_policies=tuple(definition.caption_policies))


def check_pinned(split: Split, definition: SplitDefinition) -> Split:
    """Return the split if it has the digest pinned for it, or if none is pinned yet."""
    if definition.digest is not None and split.digest != definition.digest:
        raise SplitError(
            f"{definition.name} has the digest {split.digest}, pinned is {definition.digest}: the data it was read"
            " from is not the official one. Install the dependencies of this version again, or build the split again."
        )
    return split


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:
        return False


def _load_file(path: Path) -> Split:
    from splits.comparison import explain_difference
    from splits.split_file import read_split_file

    split = read_split_file(path)
    if split.name not in SPLITS:
        return split
    definition = SPLITS[split.name]
    if not is_available(definition):
        return check_pinned(as_catalogued(split, definition, path), definition)
    official = load_split(split.name)
    difference = explain_difference(official, split)
    if difference is None:
        return official
    from splits.traps import explain_ids

    trap = explain_ids(official, split.image_ids, split.caption_ids)
    raise SplitError(
        f"{path} calls itself {split.name}, but is not that split. {difference}{' ' + trap if trap else ''}"
        " Give your own split another name."
    )
