"""Tensors in a safetensors file: the library checks the header, the data is mapped; ids live in the metadata."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.container import MAX_IDS, Arrays, Container, LazyArrays, StoredArray, map_array, text_array
from evaluator.errors import ScoreFileError
from splits.shown import shown

MAX_HEADER = 8 * 2**20
"""Bytes; the ids of the largest splits take one tenth of it."""
DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}


def _accepts(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(9)
    return len(start) == 9 and start[8:] == b"{" and int.from_bytes(start[:8], "little") < 2**32


def _open(path: Path) -> Arrays:
    length, header = _header(path)
    texts = header.pop("__metadata__", {})

    def read(name: str) -> StoredArray:
        if name in header:
            return _mapped(path, name, header[name], 8 + length)
        return _from_text(name, texts[name])

    return LazyArrays([*texts, *header], read)


def _header(path: Path) -> tuple[int, dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        text = stream.read(min(length, MAX_HEADER))
    if MAX_HEADER < length <= path.stat().st_size - 8:
        raise ScoreFileError(
            f"The header of the safetensors file takes {length:,} bytes; the limit is {MAX_HEADER:,}."
            " Keep only the scores and their ids in the file, or save a .npz."
        )
    try:
        with safe_open(path, framework="np"):
            return length, json.loads(text, object_pairs_hook=_unique)
    except (SafetensorError, OSError, ValueError, RecursionError, MemoryError):
        raise ScoreFileError(
            "The file begins like safetensors, but its header is broken or promises more than the file holds."
            " Save or copy it again."
        ) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in pairs:
        if key in entries:
            raise ScoreFileError(
                f"The header of the safetensors file has the key '{shown(key, 80)}' twice. Save the file again."
            )
        entries[key] = value
    return entries


def _mapped(path: Path, name: str, entry: Mapping[str, Any], data: int) -> StoredArray:
    if entry["dtype"] not in DTYPES:
        raise ScoreFileError(
            f"`{name}` is of type {entry['dtype']}, which numpy does not have. Save it as float32: tensor.float()."
        )
    dtype, shape = np.dtype(DTYPES[entry["dtype"]]), tuple(entry["shape"])
    return StoredArray(shape, dtype, partial(map_array, path, dtype, shape, offset=data + entry["data_offsets"][0]))


def _from_text(name: str, text: str) -> StoredArray:
    if text.count(",") > MAX_IDS:
        raise ScoreFileError(f"`{name}` lists more than {MAX_IDS:,} ids, more than any split has.")
    try:
        value = json.loads(text) if text.startswith("[") else None
        texts = None if value is None else [item if isinstance(item, str) else json.dumps(item) for item in value]
    except (ValueError, RecursionError, MemoryError):
        texts = None
    array = text_array(name, [text]).reshape(()) if texts is None else text_array(name, texts)
    return StoredArray(array.shape, array.dtype, lambda: array)


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    from safetensors.numpy import save_file

    texts = {name: array for name, array in arrays.items() if array.dtype.kind == "U"}
    metadata = {name: json.dumps(array.tolist()) if array.ndim else str(array) for name, array in texts.items()}
    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items() if name not in texts}
    save_file(tensors, path, metadata)
    _order_metadata(path)


def _order_metadata(path: Path) -> None:
    # The library writes metadata in another order each time; equal runs are to give equal files.
    with path.open("r+b") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(length))
        if "__metadata__" in header:
            header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        if len(text) <= length:
            stream.seek(8)
            stream.write(text.ljust(length))


SAFETENSORS = Container(
    name="safetensors",
    summary="Tensors as safetensors writes them; ids, as JSON lists of strings, in the metadata; mapped, never copied.",
    suffixes=(".safetensors",),
    accepts=_accepts,
    open=_open,
    write=_write,
)
