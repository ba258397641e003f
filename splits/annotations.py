"""Read the layouts in which captioned images are published, looking at the content and not at the file's name."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from splits.documents import parse_json, read_bounded
from splits.errors import SplitError


class Layout(StrEnum):
    """What a file of annotations looks like."""

    LIST = "a JSON list of images with captions"
    KARPATHY = "Karpathy's JSON"
    OFFICIAL_COCO = "COCO's official caption annotations"
    JSON_LINES = "JSON lines of images with sentences"
    NAMES = "a plain list of image names"


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """One image of an annotation file: its file name, how many captions it has, and their ids where given."""

    file_name: str
    n_captions: int | None
    """None where the file lists images only."""
    caption_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotations:
    """The images of an annotation file, in its order."""

    layout: Layout
    images: list[AnnotatedImage]


def read_annotations(path: Path, *, subset: str = "test") -> Annotations:
    """Read captioned images from any of the layouts of `Layout`.

    Args:
        path: The file.
        subset: Which images to take from a file that marks each with a subset, as Karpathy's do.

    Raises:
        SplitError: The file has none of the layouts, or an entry of it is incomplete.
    """
    content = read_bounded(path)
    start = content.lstrip()[:1]
    if start == b"[":
        return Annotations(Layout.LIST, list(_from_list(parse_json(content, str(path)), path)))
    if start == b"{":
        if _has_json_lines(content):
            return Annotations(Layout.JSON_LINES, list(_from_lines(content, path)))
        return _from_object(parse_json(content, str(path)), path, subset=subset)
    return Annotations(Layout.NAMES, list(_from_names(content, path)))


def _has_json_lines(content: bytes) -> bool:
    first = content.lstrip().partition(b"\n")[0].rstrip()
    return len(first) < 2**20 and first.endswith(b"}") and b'"img_path"' in first


def _from_list(entries: Any, path: Path) -> Iterator[AnnotatedImage]:
    for position, entry in enumerate(entries):
        name = _get(entry, "image", str, f"{path}, position {position}")
        captions = _get(entry, "caption", list | str, f"{path}, position {position}")
        yield AnnotatedImage(_last_part(name), 1 if isinstance(captions, str) else len(captions))


def _from_lines(content: bytes, path: Path) -> Iterator[AnnotatedImage]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            entry = parse_json(line, f"{path}, line {number}")
            name = _get(entry, "img_path", str, f"{path}, line {number}")
            yield AnnotatedImage(_last_part(name), len(_get(entry, "sentences", list, f"{path}, line {number}")))


def _from_names(content: bytes, path: Path) -> Iterator[AnnotatedImage]:
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise SplitError(
            f"{path} is neither JSON nor a list of image names: byte {error.start} is not text."
        ) from error
    for line in lines:
        if line.strip():
            yield AnnotatedImage(_last_part(line.split()[0]), None)


def _from_object(document: Any, path: Path, *, subset: str) -> Annotations:
    images = _get(document, "images", list, str(path))
    if "annotations" in document:
        return Annotations(Layout.OFFICIAL_COCO, list(_from_official(document, images, path)))
    return Annotations(Layout.KARPATHY, list(_from_karpathy(images, path, subset=subset)))


def _from_karpathy(images: list[Any], path: Path, *, subset: str) -> Iterator[AnnotatedImage]:
    for position, entry in enumerate(images):
        where = f"{path}, 'images', position {position}"
        if _get(entry, "split", str, where) == subset:
            sentences = _get(entry, "sentences", list, where)
            ids = tuple(_get(sentence, "sentid", int, where) for sentence in sentences)
            yield AnnotatedImage(_last_part(_get(entry, "filename", str, where)), len(ids), ids)


def _from_official(document: Any, images: list[Any], path: Path) -> Iterator[AnnotatedImage]:
    captions: dict[int, list[int]] = {}
    for position, entry in enumerate(_get(document, "annotations", list, str(path))):
        where = f"{path}, 'annotations', position {position}"
        captions.setdefault(_get(entry, "image_id", int, where), []).append(_get(entry, "id", int, where))
    for position, entry in enumerate(images):
        where = f"{path}, 'images', position {position}"
        ids = tuple(sorted(captions.get(_get(entry, "id", int, where), ())))
        yield AnnotatedImage(_last_part(_get(entry, "file_name", str, where)), len(ids), ids)


def _get(entry: Any, key: str, kind: Any, where: str) -> Any:
    if not isinstance(entry, dict) or key not in entry:
        raise SplitError(f"{where}: expected an object with the key {key!r}. Is it the annotation file of the dataset?")
    value = entry[key]
    if not isinstance(value, kind):
        raise SplitError(f"{where}: {key!r} is of type {type(value).__name__}, which does not fit there.")
    return value


def _last_part(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
