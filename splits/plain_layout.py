"""The layout of people's own data: a folder of images and one file of captions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from splits.data_layout import DataLayout, below, is_file
from splits.documents import read_json
from splits.errors import DataError
from splits.shown import quoted, shown, shown_path
from splits.split import Split

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
INSTRUCTIONS = (
    "The folder of your own data holds images/<image id>, with or without a suffix such as .jpg, and captions.json, an"
    " object that gives the text of every caption id."
)


def _files(split: Split, folder: Path) -> Sequence[Path]:
    images = folder / "images"
    return [_file(images, image) for image in split.image_ids]


def _file(images: Path, image: str) -> Path:
    named = below(images, image)
    if is_file(named):
        return named
    candidates = [named.with_name(named.name + suffix) for suffix in (*SUFFIXES, *map(str.upper, SUFFIXES))]
    found = [candidate for candidate in candidates if is_file(candidate)]
    # A file system that takes both cases for one finds the same file twice.
    if len({candidate.name.lower() for candidate in found}) > 1:
        one, other = shown_path(found[0]), shown(found[1].name)
        raise DataError(f"The image {quoted(image)} is there twice, as {one} and {other}. Keep one of them.")
    return found[0] if found else named


def _captions(split: Split, folder: Path) -> Mapping[str, str]:
    path = folder / "captions.json"
    document = read_json(path)
    if not isinstance(document, dict):
        raise DataError(f"{shown_path(path)} is no object that gives the text of every caption id. {INSTRUCTIONS}")
    for caption in split.caption_ids:
        if not isinstance(document.get(caption, ""), str):
            raise DataError(f"{shown_path(path)}: what is given for the caption {quoted(caption)} is no text.")
    return document


PLAIN = DataLayout(name="plain", files=_files, captions=_captions, instructions=INSTRUCTIONS)
