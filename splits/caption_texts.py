"""Give the texts of an annotation file the ids that a split names its captions by."""

from collections.abc import Callable
from pathlib import Path

from splits.annotations import Annotations, read_annotations
from splits.data_layout import first_file
from splits.errors import DataError

FOLDERS = (".", "annotations", "caption_datasets")
"""Where annotation files come to lie when the public archives are unpacked side by side."""


def find_annotations(folder: Path, *names: str) -> Path:
    """Return the first of some annotation files that is there.

    Raises:
        DataError: None of them is.
    """
    found = first_file(folder, *(f"{place}/{name}" for name in names for place in FOLDERS))
    if found is None:
        raise DataError(
            f"{folder} has no file with captions: expected {' or '.join(names)}, in the folder itself or in"
            f" {' or '.join(FOLDERS[1:])}."
        )
    return found


def texts_of(path: Path, image_id: Callable[[str, Path], str]) -> tuple[Annotations, dict[str, str]]:
    """Read an annotation file, and name its captions both by image and position and by annotation id.

    Args:
        path: The file.
        image_id: Turns a file's name into the id of the image; the path is for its message.

    Returns:
        What was read, and the texts by id. A caption without a text is left out.
    """
    found = read_annotations(path, subset=None)
    texts: dict[str, str] = {}
    n_captions: dict[str, int] = {}
    for image in found.images:
        name = image_id(image.file_name, path)
        # Lists in the manner of training sets give an image once for each of its captions.
        first = n_captions.get(name, 0)
        n_captions[name] = first + len(image.texts)
        for position, text in enumerate(image.texts, first):
            if text is not None:
                texts[f"{name}#{position}"] = text
        texts |= {str(number): text for number, text in zip(image.caption_ids, image.texts, strict=False) if text}
    return found, texts
