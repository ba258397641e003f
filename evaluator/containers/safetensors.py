"""Tensors in a safetensors file: the library checks the header, the data is mapped; ids live in the metadata."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.container import Arrays, Container, StoredArray, map_array, text_array
from evaluator.errors import ScoreFileError

MAX_HEADER = 64 * 2**20
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
    _check(path)
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(length))
    texts = header.pop("__metadata__", {})
    arrays = {name: _from_text(name, text) for name, text in texts.items()}
    return arrays | {name: _mapped(path, name, entry, 8 + length) for name, entry in header.items()}


def _check(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
    broken = ScoreFileError(
        "The file begins like safetensors, but its header is broken or promises more than the file holds."
        " Save or copy it again."
    )
    if length > min(MAX_HEADER, path.stat().st_size):
        raise broken
    try:
        with safe_open(path, framework="np"):
            return
    except (SafetensorError, OSError, ValueError):
        raise broken from None


def _mapped(path: Path, name: str, entry: Mapping[str, Any], data: int) -> StoredArray:
    if entry["dtype"] not in DTYPES:
        raise ScoreFileError(
            f"`{name}` is of type {entry['dtype']}, which numpy does not have. Save it as float32: tensor.float()."
        )
    dtype, shape = np.dtype(DTYPES[entry["dtype"]]), tuple(entry["shape"])
    return StoredArray(shape, dtype, partial(map_array, path, dtype, shape, offset=data + entry["data_offsets"][0]))


def _from_text(name: str, text: str) -> StoredArray:
    try:
        value = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        value = None
    if value is None:
        array = text_array(name, [text]).reshape(())
    else:
        array = text_array(name, [item if isinstance(item, str) else json.dumps(item) for item in value])
    return StoredArray(array.shape, array.dtype, lambda: array)


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    from safetensors.numpy import save_file

    texts = {name: array for name, array in arrays.items() if array.dtype.kind == "U"}
    metadata = {name: json.dumps(array.tolist()) if array.ndim else str(array) for name, array in texts.items()}
    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items() if name not in texts}
    save_file(tensors, path, metadata)


SAFETENSORS = Container(
    name="safetensors",
    summary="Tensors as safetensors writes them; ids, as JSON lists of strings, in the metadata; mapped, never copied.",
    suffixes=(".safetensors",),
    accepts=_accepts,
    open=_open,
    write=_write,
)
