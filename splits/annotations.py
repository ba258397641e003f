"""Read the layouts in which captioned images are published, looking at the content and not at the file's name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
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
    TOKENS = "a list of captions named by image and position"
    NAMES = "a plain list of image names"


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """One image of an annotation file: its file name, how many captions it has, and their ids and texts where given."""

    file_name: str
    n_captions: int | None
    """None where the file lists images only."""
    caption_ids: tuple[int, ...] = ()
    texts: tuple[str | None, ...] = ()
    """The captions in the file's order, or by id where the file is ordered by neither; None for one without a text."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """The images of an annotation file, in its order."""

    layout: Layout
    images: list[AnnotatedImage]


def read_annotations(path: Path, *, subset: str | None = "test") -> Annotations:
    """Read captioned images from any of the layouts of `Layout`.

    Args:
        path: The file.
        subset: Which images to take from a file that marks each with a subset, as Karpathy's do; None takes all.

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
    if re.match(rb"[^\t\n]+#\d+\t", content):
        return Annotations(Layout.TOKENS, list(_from_tokens(content, path)))
    return Annotations(Layout.NAMES, list(_from_names(content, path)))


def _has_json_lines(content: bytes) -> bool:
    first = content.lstrip().partition(b"\n")[0].rstrip()
    return len(first) < 2**20 and first.endswith(b"}") and b'"img_path"' in first


def _from_list(entries: Any, path: Path) -> Iterator[AnnotatedImage]:
    for position, entry in enumerate(entries):
        name = _get(entry, "image", str, f"{path}, position {position}")
        captions = _get(entry, "caption", list | str, f"{path}, position {position}")
        yield _positional(name, [captions] if isinstance(captions, str) else captions)


def _from_lines(content: bytes, path: Path) -> Iterator[AnnotatedImage]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            entry = parse_json(line, f"{path}, line {number}")
            name = _get(entry, "img_path", str, f"{path}, line {number}")
            yield _positional(name, _get(entry, "sentences", list, f"{path}, line {number}"))


def _from_names(content: bytes, path: Path) -> Iterator[AnnotatedImage]:
    for line in _lines(content, path):
        if line.strip():
            yield AnnotatedImage(_last_part(line.split()[0]), None)


def _from_tokens(content: bytes, path: Path) -> Iterator[AnnotatedImage]:
    captions: dict[str, list[str]] = {}
    for number, line in enumerate(_lines(content, path), 1):
        found = re.fullmatch(r"([^\t]+)#(\d+)\t(.*)", line)
        if not found:
            raise SplitError(
                f"{path}, line {number}: found {line!r:.80}, expected image#position, a tab and a caption."
            )
        of_image = captions.setdefault(found[1], [])
        if int(found[2]) != len(of_image):
            raise SplitError(
                f"{path}, line {number}: found caption {found[2]} of {found[1]!r:.80}, expected its caption"
                f" {len(of_image)}. Obtain the file again."
            )
        of_image.append(found[3])
    for name, texts in captions.items():
        yield _positional(name, texts)


def _lines(content: bytes, path: Path) -> list[str]:
    try:
        # Not splitlines: a caption may have one of the rarer line ends of Unicode in it.
        return [line.removesuffix("\r") for line in content.decode().removesuffix("\n").split("\n")]
    except UnicodeDecodeError as error:
        raise SplitError(
            f"{path} is neither JSON nor a list of image names: byte {error.start} is not text."
        ) from error


def _from_object(document: Any, path: Path, *, subset: str | None) -> Annotations:
    images = _get(document, "images", list, str(path))
    if "annotations" in document:
        return Annotations(Layout.OFFICIAL_COCO, list(_from_official(document, images, path)))
    return Annotations(Layout.KARPATHY, list(_from_karpathy(images, path, subset=subset)))


def _from_karpathy(images: list[Any], path: Path, *, subset: str | None) -> Iterator[AnnotatedImage]:
    for position, entry in enumerate(images):
        where = f"{path}, 'images', position {position}"
        if subset is None or _get(entry, "split", str, where) == subset:
            sentences = _get(entry, "sentences", list, where)
            ids = tuple(_get(sentence, "sentid", int, where) for sentence in sentences)
            texts = tuple(_text(sentence.get("raw")) for sentence in sentences)
            yield AnnotatedImage(_last_part(_get(entry, "filename", str, where)), len(ids), ids, texts)


def _from_official(document: Any, images: list[Any], path: Path) -> Iterator[AnnotatedImage]:
    captions: dict[int, list[tuple[int, str | None]]] = {}
    for position, entry in enumerate(_get(document, "annotations", list, str(path))):
        where = f"{path}, 'annotations', position {position}"
        of_image = captions.setdefault(_get(entry, "image_id", int, where), [])
        of_image.append((_get(entry, "id", int, where), _text(entry.get("caption"))))
    for position, entry in enumerate(images):
        where = f"{path}, 'images', position {position}"
        found = sorted(captions.get(_get(entry, "id", int, where), ()), key=itemgetter(0))
        ids, texts = tuple(id_ for id_, _ in found), tuple(text for _, text in found)
        yield AnnotatedImage(_last_part(_get(entry, "file_name", str, where)), len(ids), ids, texts)


def _positional(name: str, captions: list[Any]) -> AnnotatedImage:
    return AnnotatedImage(_last_part(name), len(captions), texts=tuple(map(_text, captions)))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _get(entry: Any, key: str, kind: Any, where: str) -> Any:
    if not isinstance(entry, dict) or key not in entry:
        raise SplitError(f"{where}: expected an object with the key {key!r}. Is it the annotation file of the dataset?")
    value = entry[key]
    if not isinstance(value, kind):
        raise SplitError(f"{where}: {key!r} is of type {type(value).__name__}, which does not fit there.")
    return value


def _last_part(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
