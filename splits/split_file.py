"""Split files: a user's own dataset as JSON, usable wherever the name of a split is."""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from splits.catalog import near_names
from splits.documents import read_json
from splits.errors import SplitError
from splits.shown import quoted
from splits.split import Centricity, Dataset, Split

REQUIRED = ("name", "centricity", "images", "captions", "pairs")
OPTIONAL = ("licence", "citation", "source", "layout", "digest")
NOT_STATED = "not stated"
NAME_SHAPE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")
# Control characters would break ranked lists kept as text; a lone surrogate has no UTF-8 form to take a digest of.
FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def read_split_file(path: Path) -> Split:
    """Read a split file, checking everything in it.

    Raises:
        SplitError: Anything is missing, unknown, of the wrong type, repeated or inconsistent.
    """
    document = _object(read_json(path), path)
    name = _name(document["name"], path)
    images = _ids(document["images"], "images", path)
    captions = _ids(document["captions"], "captions", path)
    dataset = Dataset(
        name=name.partition("/")[0],
        title=name,
        centricity=_centricity(document["centricity"], path),
        licence=_text(document, "licence", path),
        citation=_text(document, "citation", path),
        source=_text(document, "source", path),
        layout=_layout(document.get("layout"), path),
    )
    pairs = _pairs(document["pairs"], images, captions, path)
    split = Split(name, dataset, tuple(images), tuple(captions), pairs)
    stated = document.get("digest", split.digest)
    if stated != split.digest:
        raise SplitError(
            f"{path} states the digest {stated}, its content has {split.digest}. The file was changed or damaged:"
            " obtain it again, or remove the key 'digest' if the change is meant."
        )
    return split


def split_document(split: Split) -> dict[str, Any]:
    """Return a split as the JSON document of a split file."""
    provenance = {key: getattr(split.dataset, key) for key in ("licence", "citation", "source")}
    return {
        "name": split.name,
        "centricity": split.centricity.value,
        "images": list(split.image_ids),
        "captions": list(split.caption_ids),
        "pairs": [[split.caption_ids[caption], split.image_ids[image]] for caption, image in split.pairs.tolist()],
        **{key: value for key, value in provenance.items() if value != NOT_STATED},
        **({} if split.dataset.layout is None else {"layout": split.dataset.layout}),
        "digest": split.digest,
    }


def write_split_file(split: Split, path: Path) -> None:
    """Write a split file at once or not at all: a reader never sees half of it."""
    content = json.dumps(split_document(split), ensure_ascii=False, indent=None) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise SplitError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content)
        # mkstemp makes files that only their owner can read; a split is no secret.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise SplitError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error


def _object(document: object, path: Path) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise SplitError(
            f"{path} holds {_kind(document)}, a split file is an object with the keys {', '.join(REQUIRED)}."
        )
    missing = [key for key in REQUIRED if key not in document]
    if missing:
        raise SplitError(f"{path} lacks {', '.join(map(repr, missing))}; a split file needs {', '.join(REQUIRED)}.")
    for key in document:
        if key not in (*REQUIRED, *OPTIONAL):
            raise SplitError(
                f"{path} has the unknown key {quoted(key)}.{near_names(key, [*REQUIRED, *OPTIONAL])}"
                f" Needed: {', '.join(REQUIRED)}. Allowed: {', '.join(OPTIONAL)}."
            )
    return document


def _name(name: object, path: Path) -> str:
    if not isinstance(name, str) or not NAME_SHAPE.fullmatch(name) or len(name) > 100:
        raise SplitError(
            f"{path}: 'name' is {name!r:.120}, expected a dataset and a split such as 'my-photos/test': lower-case"
            " letters, digits and hyphens, one slash, at most 100 characters."
        )
    return name


def _centricity(value: object, path: Path) -> Centricity:
    known = [member.value for member in Centricity]
    if not isinstance(value, str) or value not in known:
        raise SplitError(
            f"{path}: 'centricity' is {value!r:.120}, expected {' or '.join(map(repr, known))}."
            f"{near_names(value, known) if isinstance(value, str) else ''}"
            " Scene: pictures of several things; object: one thing in each."
        )
    return Centricity(value)


def _layout(value: object, path: Path) -> str | None:
    from splits.data_layout import LAYOUTS

    if value is None or (isinstance(value, str) and value in LAYOUTS):
        return value
    near = near_names(value, list(LAYOUTS)) if isinstance(value, str) else ""
    raise SplitError(
        f"{path}: 'layout' is {value!r:.120}, expected the name of a dataset whose layout is known.{near}"
        f" Known names: {', '.join(LAYOUTS)}. Without the key, the folder of the split's own dataset is read."
    )


def _text(document: dict[str, Any], key: str, path: Path) -> str:
    value = document.get(key, NOT_STATED)
    if not isinstance(value, str):
        raise SplitError(f"{path}: {key!r} is {_kind(value)}, expected text.")
    if FORBIDDEN.search(value.replace("\n", " ").replace("\t", " ")):
        raise SplitError(f"{path}: {key!r} is {quoted(value)}, with a control character; give printable text.")
    return value


def _ids(values: object, key: str, path: Path) -> list[str]:
    if not isinstance(values, list):
        raise SplitError(f"{path}: {key!r} is {_kind(values)}, expected a list of ids.")
    return [_id(value, f"{path}: {key!r}, position {position}") for position, value in enumerate(values)]


def _id(value: object, where: str) -> str:
    # bool is a kind of int in Python; True as an id is a slip.
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise SplitError(f"{where}: the id is {_kind(value)}, expected text or a whole number.")
    text = str(value)
    if not text or FORBIDDEN.search(text):
        raise SplitError(
            f"{where}: the id {quoted(text)} is empty or has a control character; give it a printable one."
        )
    return text


def _pairs(values: object, images: list[str], captions: list[str], path: Path) -> Any:
    import numpy as np

    if not isinstance(values, list):
        raise SplitError(f"{path}: 'pairs' is {_kind(values)}, expected a list of [caption id, image id].")
    image_at = {image: index for index, image in enumerate(images)}
    caption_at = {caption: index for index, caption in enumerate(captions)}
    seen: dict[tuple[int, int], int] = {}
    for position, value in enumerate(values):
        where = f"{path}: 'pairs', position {position}"
        if not isinstance(value, list) or len(value) != 2:
            raise SplitError(f"{where}: found {_kind(value)}, expected [caption id, image id].")
        caption, image = (_id(part, where) for part in value)
        if caption not in caption_at or image not in image_at:
            raise SplitError(f"{where}: {_unknown(caption, image, caption_at, image_at)}")
        first = seen.setdefault((caption_at[caption], image_at[image]), position)
        if first != position:
            raise SplitError(
                f"{where}: [{quoted(caption)}, {quoted(image)}] repeats position {first}. Remove one of them."
            )
    return np.array(list(seen), dtype=np.int64).reshape(-1, 2)


def _unknown(caption: str, image: str, caption_at: dict[str, int], image_at: dict[str, int]) -> str:
    if caption in image_at and image in caption_at:
        return f"[{quoted(caption)}, {quoted(image)}] is [image id, caption id]; write the caption first."
    kind, value = ("captions", caption) if caption not in caption_at else ("images", image)
    return f"the id {quoted(value)} is not in {kind!r}. Add it there, or remove the pair."


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), f"the number {value}")
