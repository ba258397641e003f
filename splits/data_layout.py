"""How the pictures and captions of a dataset lie in a folder, and the catalogue of those that are known."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from splits.catalog import Catalog
from splits.errors import DataError
from splits.shown import quoted, shown_path
from splits.split import Split

if TYPE_CHECKING:
    from splits.content import Pictures


@dataclass(frozen=True, slots=True)
class DataLayout:
    """The layout in which one dataset is published: where a picture lies, and where the text of a caption stands.

    A layout is asked for what a split needs and reads no more of a picture than its name: whether everything is there
    is checked in one place, `splits.inventory`. It has either `files` or `render`.
    """

    name: str
    """The name of the dataset, and of its folder below `REMATCH_DATA`."""
    captions: Callable[[Split, Path], Mapping[str, str]]
    """The texts found in the folder, by caption id; may lack some and hold others than the split's.

    Raises a `RematchError` where a file is missing or damaged.
    """
    files: Callable[[Split, Path], Sequence[Path]] | None = None
    """Where the file of every image belongs, in canonical order, whether it is there or not."""
    render: "Callable[[Split], Pictures] | None" = None
    """The pictures themselves, where nothing has to be obtained."""
    instructions: str = ""
    """What to obtain from where, and what the folder then holds; sentences to follow a message."""


LAYOUTS: Catalog[DataLayout] = Catalog(DataLayout, "splits.datasets", label="data layout")


def layout_of(split: Split, name: str | None = None) -> DataLayout:
    """Return the layout of a split: the one named, the one its split file names, its dataset's, or the plain one.

    Raises:
        UnknownNameError: There is no layout of that name.
    """
    chosen = name or split.dataset.layout
    return dataset_layout(split.dataset.name) if chosen is None else LAYOUTS[chosen]


def dataset_layout(dataset: str) -> DataLayout:
    """Return the layout of a dataset: the plain one, if it has none of its own."""
    from splits.plain_layout import PLAIN

    if dataset in LAYOUTS:
        return LAYOUTS[dataset]
    return PLAIN


def data_folder(name: str, *, root: Path | None = None) -> Path:
    """Return where a dataset is looked for: below `REMATCH_DATA`, or another root, by its name."""
    stated = root or os.environ.get("REMATCH_DATA")
    return (Path(stated) if stated else Path(os.environ.get("REMATCH_HOME", "var")) / "data") / name


def first_folder(folder: Path, *places: str) -> Path:
    """Return the first of some places below a folder that is there; the first of all if none is."""
    return next((folder / place for place in places if is_folder(folder / place)), folder / places[0])


def first_file(folder: Path, *places: str) -> Path | None:
    """Return the first of some places below a folder at which a file is, if any."""
    return next((folder / place for place in places if is_file(folder / place)), None)


def below(folder: Path, name: str) -> Path:
    """Return a file below a folder, named with slashes.

    Raises:
        DataError: The name leads out of the folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or path.parts[:1] == ("~",):
        raise DataError(
            f"{quoted(name)} leads out of {shown_path(folder)}: the id of an image is a path below that folder."
        )
    return folder / name


def is_file(path: Path) -> bool:
    """Whether a file is there and may be reached; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there and may be reached."""
    try:
        return path.is_dir()
    except OSError:
        return False
