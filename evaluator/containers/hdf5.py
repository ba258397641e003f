"""Datasets of an HDF5 file: contiguous ones are mapped where they lie, chunked ones unpacked block by block."""

import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.container import (
    BLOCK,
    MAX_IDS,
    TEXT_LIMIT,
    Arrays,
    Container,
    StoredArray,
    check_unpacking,
    map_array,
    starts_with,
    text_array,
)
from evaluator.errors import ScoreFileError
from evaluator.hdf5_heaps import check_heaps
from splits.shown import shown

MAX_ENTRIES = 1000
MAX_CHUNK = 64 * 2**20
STRINGS_AT_ONCE = 64
ATTRIBUTES = ("split_digest", "orientation")
"""Words that may be kept as attributes of the root instead of as datasets."""
BROKEN = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What h5py raises on files that are cut short or garbled."""


@contextmanager
def _file(path: Path) -> Iterator[Any]:
    import h5py

    try:
        # A chunk that is read in several parts is unpacked only once while it fits the cache.
        with h5py.File(path, "r", locking=False, rdcc_nbytes=MAX_CHUNK) as file:
            yield file
    except BROKEN:
        raise ScoreFileError("The HDF5 file is cut short or garbled. Save or copy it again.") from None


def _open(path: Path) -> Arrays:
    import h5py

    with _file(path) as file:
        if len(file) > MAX_ENTRIES:
            found = f"The HDF5 file holds {len(file):,} entries; no more than {MAX_ENTRIES:,} are read."
            raise ScoreFileError(f"{found} Save the scores and their ids alone.")
        named = [name for name in ATTRIBUTES if name in file.attrs]
        if named:
            check_heaps(path, file.id.get_create_plist().get_sizes())
        arrays = {name: _from_attribute(file, name) for name in named}
        for name in file:
            link = file.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise _elsewhere(name)
            if isinstance(dataset := file[name], h5py.Dataset):
                arrays[name] = _stored(path, name, dataset)
        return arrays


def _stored(path: Path, name: str, dataset: Any) -> StoredArray:
    import h5py

    if dataset.is_virtual or dataset.external:
        raise _elsewhere(name)
    shape = tuple(dataset.shape or ())
    if h5py.check_string_dtype(dataset.dtype):
        return StoredArray(shape, np.dtype(str), partial(_strings, path, name))
    return StoredArray(shape, dataset.dtype, partial(_numbers, path, name))


def _strings(path: Path, name: str) -> NDArray[Any]:
    import h5py

    with _file(path) as file:
        dataset = file[name]
        _check_texts(name, dataset)
        if h5py.check_string_dtype(dataset.dtype).length is None:
            check_heaps(path, file.id.get_create_plist().get_sizes())
        if not dataset.shape:
            return text_array(name, [str(dataset.asstr()[()])]).reshape(())
        texts: list[str] = []
        length = 0
        # A few at a time: many entries of a file may point at one very long string.
        for first in range(0, len(dataset), STRINGS_AT_ONCE):
            texts += dataset.asstr()[first : first + STRINGS_AT_ONCE].tolist()
            length += sum(map(len, texts[first:]))
            if length * 4 > TEXT_LIMIT:
                raise ScoreFileError(f"`{name}` holds more text than ids ever fill.")
        return text_array(name, texts)


def _check_texts(name: str, dataset: Any) -> None:
    count = math.prod(dataset.shape)
    if count > MAX_IDS or count * dataset.dtype.itemsize > TEXT_LIMIT:
        raise ScoreFileError(f"`{name}` holds more text than ids ever fill: its shape is {dataset.shape}.")
    if count:
        _check_written(name, dataset)
    _check_chunks(name, dataset)


def _numbers(path: Path, name: str) -> NDArray[Any]:
    import h5py

    with _file(path) as file:
        dataset = file[name]
        nbytes = math.prod(dataset.shape) * dataset.dtype.itemsize
        if not nbytes:
            return np.empty(dataset.shape, dataset.dtype)
        _check_written(name, dataset)
        offset = dataset.id.get_offset()
        as_in_memory = dataset.id.get_type() == h5py.h5t.py_create(dataset.dtype)
        inside = offset is not None and offset + nbytes <= path.stat().st_size
        if inside and as_in_memory and not file.userblock_size:
            return map_array(path, dataset.dtype, dataset.shape, offset=offset)
        _check_chunks(name, dataset)
        check_unpacking(name, dataset.id.get_storage_size(), nbytes)
        return _unpacked(dataset)


def _check_written(name: str, dataset: Any) -> None:
    written = dataset.id.get_storage_size() > 0
    if dataset.chunks:
        chunks = math.prod(-(-length // chunk) for length, chunk in zip(dataset.shape, dataset.chunks, strict=True))
        written = dataset.id.get_num_chunks() == chunks
    if not written:
        raise ScoreFileError(
            f"`{name}` of shape {dataset.shape} was created but not filled: parts of it were never written."
            " Write all of it, and close the file."
        )


def _check_chunks(name: str, dataset: Any) -> None:
    if math.prod(dataset.chunks or (1,)) * dataset.dtype.itemsize > MAX_CHUNK:
        raise ScoreFileError(
            f"`{name}` is stored in chunks of shape {dataset.chunks}, more than {MAX_CHUNK:,} bytes each."
            " Write it without chunks or compression."
        )


def _unpacked(dataset: Any) -> NDArray[Any]:
    rows = dataset.chunks[0] if dataset.chunks else 1
    width = math.prod(dataset.shape[1:]) * dataset.dtype.itemsize
    step = max(BLOCK // max(width, 1) // rows, 1) * rows
    with tempfile.TemporaryFile() as unpacked:
        for first in range(0, len(dataset), step):
            unpacked.write(np.ascontiguousarray(dataset[first : first + step]).data)
        unpacked.flush()
        return map_array(unpacked, dataset.dtype, dataset.shape)


def _from_attribute(file: Any, name: str) -> StoredArray:
    found = file.attrs.get_id(name)
    single = found.shape is not None and math.prod(found.shape) == 1
    # One word in a list is what some writers make of a word.
    value = np.ravel(np.asarray(file.attrs[name], dtype=object))[0] if single else None
    if not isinstance(value, str | bytes):
        raise ScoreFileError(
            f"The attribute `{name}` has shape {found.shape} and type {found.dtype}. Save one string, or leave it out."
        )
    array = np.array(value if isinstance(value, str) else value.decode("utf-8", "replace"))
    return StoredArray(array.shape, array.dtype, lambda: array)


def _elsewhere(name: str) -> ScoreFileError:
    return ScoreFileError(
        f"`{shown(name)}` is a link or keeps its data in another place or file, which is not followed."
        " Write the values into the file itself."
    )


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            if array.dtype.kind == "U":
                file.create_dataset(name, data=array.astype(object), dtype=h5py.string_dtype())
            else:
                file.create_dataset(name, data=array)


HDF5 = Container(
    name="hdf5",
    summary="Datasets at the root of an HDF5 file; contiguous ones are mapped, chunked ones unpacked in blocks.",
    suffixes=(".h5", ".hdf5"),
    accepts=lambda path: starts_with(path, b"\x89HDF\r\n\x1a\n"),
    open=_open,
    write=_write,
)
