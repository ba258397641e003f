"""The ids and the digest that a file names, held against its split: every id once, none missing, none extra."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluator.container import MAX_IDS, TEXT_LIMIT, Arrays, StoredArray
from evaluator.errors import ScoreFileError
from evaluator.score_format import Reading
from splits.shown import shown
from splits.split import Indices, Split

IMAGES, CAPTIONS = "image_ids", "caption_ids"
WORD_LIMIT = 4096
"""Bytes that a single word, such as a digest, may take."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where each image and caption of a file stands in its split; None where the file is in canonical order."""

    image_order: Indices | None = None
    caption_order: Indices | None = None
    notes: tuple[str, ...] = ()


def read_ids(arrays: Arrays, name: str, *, needed: int | None = None, of_what: str = "") -> list[str] | None:
    """Return the ids that a file names under `image_ids` or `caption_ids`, as strings; None if it names none.

    Args:
        arrays: What the file holds.
        name: Which ids.
        needed: The length of the axis they name; checked before they are loaded.
        of_what: The axis, for the message.

    Raises:
        ScoreFileError: They are no list of strings or integers, or not as many as needed.
    """
    stored = arrays.get(name)
    if stored is None:
        return None
    if stored.dtype.hasobject:
        raise ScoreFileError(
            f"`{name}` is an object array, which numpy keeps as a pickle and which is not read."
            f" Save np.array({name}, dtype=str)."
        )
    if stored.dtype.kind not in "USiu" or len(stored.shape) != 1:
        raise ScoreFileError(
            f"`{name}` has shape {stored.shape} and type {stored.dtype}. Save one list of strings or integers."
        )
    if needed is not None:
        check_count(name, stored.shape[0], needed, of_what)
    if stored.shape[0] > MAX_IDS or stored.shape[0] * stored.dtype.itemsize > TEXT_LIMIT:
        raise ScoreFileError(
            f"`{name}` lists {stored.shape[0]:,} ids of {stored.dtype.itemsize:,} bytes each; no more than"
            f" {MAX_IDS:,} ids or {TEXT_LIMIT:,} bytes are read. Save the ids of the split."
        )
    return [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in _values(stored)]


def _values(stored: StoredArray) -> list[str | bytes | int]:
    values: list[str | bytes | int] = stored.load().tolist()
    return values


def read_text(arrays: Arrays, name: str) -> str | None:
    """Return a word that a file carries, such as its digest; None if it carries none.

    Raises:
        ScoreFileError: What it carries under that name is no single string.
    """
    stored = arrays.get(name)
    if stored is None:
        return None
    if stored.dtype.kind not in "US" or stored.shape not in {(), (1,)}:
        raise ScoreFileError(f"`{name}` has shape {stored.shape} and type {stored.dtype}. Save one string.")
    if stored.dtype.itemsize > WORD_LIMIT:
        raise ScoreFileError(f"`{name}` takes {stored.dtype.itemsize:,} bytes. Save one short string.")
    value = np.ravel(stored.load())[0].item()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def check_digest(split: Split, reading: Reading, arrays: Arrays) -> None:
    """Compare the split digest that the file carries, and the one the user declares, with the split's.

    Raises:
        ScoreFileError: One of them is another.
    """
    refuse_other_digest(split, "The file carries", read_text(arrays, "split_digest"))
    refuse_other_digest(split, "You declare", reading.split_digest)


def refuse_other_digest(split: Split, who_says: str, digest: str | None) -> None:
    """Refuse scores made for another split, or for another order of this one.

    Raises:
        ScoreFileError: A digest is stated, and it is not the split's.
    """
    if digest is not None and digest != split.digest:
        raise ScoreFileError(
            f"{who_says} split digest {shown(digest, 80)}, {split.name} has {split.digest}: the ids, their order or the"
            " pairs differ. Score against the split that the file was made for, or make the scores again for this one."
        )


def check_count(name: str, found: int, needed: int, of_what: str) -> None:
    """Refuse a list of ids that is not as long as its axis.

    Raises:
        ScoreFileError: It is longer or shorter.
    """
    if found != needed:
        raise ScoreFileError(
            f"`{name}` lists {found:,} ids for {needed:,} {of_what}. List one id for each, in the same order."
        )


def align(split: Split, image_ids: Sequence[str] | None, caption_ids: Sequence[str] | None) -> Alignment:
    """Turn the ids that a file names into canonical indices.

    Raises:
        ScoreFileError: An id is repeated, unknown or missing.
    """
    images = caption = None
    notes = []
    if image_ids is not None:
        images = _order(split, IMAGES, image_ids, split.image_ids)
    if caption_ids is not None:
        caption = _order(split, CAPTIONS, caption_ids, split.caption_ids)
    for name, order in ((IMAGES, images), (CAPTIONS, caption)):
        if order is not None:
            notes.append(f"`{name}` are in another order than {split.name}; they were followed.")
    return Alignment(images, caption, tuple(notes))


def _order(split: Split, name: str, ids: Sequence[str], canonical: Sequence[str]) -> Indices | None:
    place = {identifier: index for index, identifier in enumerate(canonical)}
    _refuse_repeats(split, name, ids)
    unknown = [(position, identifier) for position, identifier in enumerate(ids) if identifier not in place]
    if unknown:
        position, first = unknown[0]
        raise ScoreFileError(
            f"`{name}` lists {len(unknown):,} {_ids(unknown)} not in {split.name}, first {first!r:.80} at position"
            f" {position:,}. Score exactly the ids of the split.{_trap(split, name, ids)}"
        )
    if len(ids) < len(canonical):
        present = set(ids)
        first = next(identifier for identifier in canonical if identifier not in present)
        raise ScoreFileError(
            f"`{name}` leaves out {len(canonical) - len(ids):,} of the {len(canonical):,} ids of {split.name}, first"
            f" {first!r}. Score all of them: a missing one is never taken as a miss.{_trap(split, name, ids)}"
        )
    order = np.array([place[identifier] for identifier in ids], dtype=np.int64)
    return None if np.array_equal(order, np.arange(len(order))) else order


def _refuse_repeats(split: Split, name: str, ids: Sequence[str]) -> None:
    extra = len(ids) - len(set(ids))
    if extra:
        first = next(identifier for identifier, times in Counter(ids).items() if times > 1)
        one = list(ids).index(first)
        trap = _trap(split, name, ids)
        two = list(ids).index(first, one + 1)
        raise ScoreFileError(
            f"`{name}` repeats {extra:,} {_ids(range(extra))}, first {first!r:.80} at positions {one:,} and {two:,}."
            f" List every id once.{trap}"
        )


def _ids(those: Sequence[object]) -> str:
    return "id" if len(those) == 1 else "ids"


def _trap(split: Split, name: str, ids: Sequence[str]) -> str:
    from splits.traps import explain_ids

    images, captions = (ids, None) if name == IMAGES else (None, ids)
    explanation = explain_ids(split, images, captions)
    return f" {explanation}" if explanation else ""
