"""One array in numpy's own file, always mapped; the header is read here and never by numpy's pickle-capable loader."""

import ast
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.container import Arrays, Container, StoredArray, map_array, starts_with
from evaluator.errors import ScoreFileError

MAGIC = b"\x93NUMPY"
MAX_HEADER = 10_000
MAX_LENGTH, MAX_DIMENSIONS = 2**63, 64
TOKENS = re.compile(r"""(?:[ \t\r\n\f{}()\[\],:]|True|False|None|-?[0-9]+(?!\w)|'[^'\\\n]*'|"[^"\\\n]*")*""")
"""All that a header is written with; the parser prints warnings of other things, such as odd escapes."""
BROKEN = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, SyntaxError, TypeError, ValueError)
"""What the parser and numpy raise on headers that are none."""
ONLY_ARRAY = "scores"
"""The name under which the one array of such a file is known."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes of an array in numpy's file form say."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    length: int
    """Bytes before the data."""

    @property
    def nbytes(self) -> int:
        """Bytes of data."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: IO[bytes], name: str) -> Header:
    """Read the header of an array in numpy's file form.

    Raises:
        ScoreFileError: It is cut short or garbled.
    """
    start = stream.read(8)
    wide = len(start) == 8 and start[6] in {2, 3}
    size = stream.read(4 if wide else 2)
    if start[:6] != MAGIC or len(start) < 8 or start[6] not in {1, 2, 3} or len(size) < (4 if wide else 2):
        raise _unreadable(name)
    (length,) = struct.unpack("<I" if wide else "<H", size)
    text = stream.read(length) if length <= MAX_HEADER else b""
    if len(text) < max(length, 1):
        raise _unreadable(name)
    shape, dtype, fortran = _parse(text, name)
    return Header(shape, dtype, fortran, len(start) + len(size) + length)


def _parse(text: bytes, name: str) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    try:
        words = text.decode("utf-8")
        if not TOKENS.fullmatch(words):
            raise _unreadable(name)
        fields = ast.literal_eval(words)
        shape, fortran = fields["shape"], fields["fortran_order"]
        dtype = np.lib.format.descr_to_dtype(fields["descr"])
    except BROKEN:
        raise _unreadable(name) from None
    whole = isinstance(shape, tuple) and all(type(length) is int and 0 <= length < MAX_LENGTH for length in shape)
    if not whole or len(shape) > MAX_DIMENSIONS or not isinstance(fortran, bool):
        raise _unreadable(name)
    return shape, dtype, fortran


def _unreadable(name: str) -> ScoreFileError:
    return ScoreFileError(
        f"The header of `{name}` is cut short or garbled, so its shape is unknown. Save or copy the file again."
    )


def check_length(name: str, header: Header, found: int) -> None:
    """Compare the bytes found with what the header promises.

    Raises:
        ScoreFileError: There are fewer or more.
    """
    if found < header.nbytes:
        raise ScoreFileError(
            f"The file is cut short: `{name}` of shape {header.shape} and {header.dtype} takes {header.nbytes:,} bytes,"
            f" {found:,} are there. Save or copy it again."
        )
    if found > header.nbytes:
        raise ScoreFileError(
            f"{found - header.nbytes:,} bytes follow the {header.nbytes:,} that `{name}` of shape {header.shape} and"
            f" {header.dtype} takes. Save one array per file, and keep several in a .npz."
        )


def _open(path: Path) -> Arrays:
    with path.open("rb") as stream:
        header = read_header(stream, ONLY_ARRAY)
    if not header.dtype.hasobject:
        check_length(ONLY_ARRAY, header, path.stat().st_size - header.length)

    def load() -> NDArray[Any]:
        return map_array(path, header.dtype, header.shape, offset=header.length, fortran=header.fortran)

    return {ONLY_ARRAY: StoredArray(header.shape, header.dtype, load)}


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with path.open("wb") as stream:
        np.lib.format.write_array(stream, arrays[ONLY_ARRAY], allow_pickle=False)


NPY = Container(
    name="npy",
    summary="One array as np.save writes it; mapped, never copied.",
    suffixes=(".npy",),
    accepts=lambda path: starts_with(path, MAGIC),
    open=_open,
    write=_write,
)
