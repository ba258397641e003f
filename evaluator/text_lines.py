"""Text of white-space separated columns, plain or gzipped, many lines at a time and within limits."""

import gzip
import math
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluator.container import starts_with
from evaluator.errors import ScoreFileError
from splits.split import Indices

CHUNK = 2**22
MAX_LINES = 20_000_000
MAX_BYTES = 4 * 2**30
BROKEN_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)


def open_text(path: Path) -> BufferedIOBase:
    """Open a file for reading, unpacking it if it is gzipped."""
    if starts_with(path, b"\x1f\x8b"):
        return gzip.open(path)
    return path.open("rb")


def numbered_fields(path: Path, form: str, *, at_most: int = MAX_LINES) -> Iterator[tuple[Indices, list[list[bytes]]]]:
    """Yield the columns of many lines at a time, with the lines' numbers; blank lines are passed over.

    Args:
        path: The file.
        form: What a line should look like, for the message.
        at_most: The number of lines, blank ones among them, beyond which the file cannot be right.

    Raises:
        ScoreFileError: The file is damaged, or longer than any run.
    """
    total = length = 0
    for block in _blocks(path, form):
        before = total
        total += block.count(b"\n") + (not block.endswith(b"\n"))
        length += len(block)
        _check_size(total, length, at_most)
        # Bytes are split at ASCII white space only: an id may hold any other.
        fields = [line.split() for line in block.removesuffix(b"\n").split(b"\n")]
        numbers = np.flatnonzero([bool(line) for line in fields]) + before + 1
        if len(numbers):
            yield numbers, [line for line in fields if line]


def _check_size(total: int, length: int, at_most: int) -> None:
    if total > MAX_LINES or length > MAX_BYTES:
        raise ScoreFileError(
            f"The file holds more than {MAX_LINES:,} lines or {MAX_BYTES:,} bytes."
            " Keep the first 1,000 candidates of each query, or hand in the matrix."
        )
    if total > at_most:
        raise ScoreFileError(
            f"The file holds more than {at_most:,} lines, far more than the split has pairs of query and candidate."
            " List every candidate once per query."
        )


def finite_numbers(texts: Sequence[bytes], numbers: Indices, form: str) -> NDArray[np.float64]:
    """Parse one column of scores.

    Args:
        texts: The column.
        numbers: The lines' numbers, for the message.
        form: What a line should look like, for the message.

    Raises:
        ScoreFileError: One of them is no finite number.
    """
    values = np.fromiter(map(_number, texts), dtype=np.float64, count=len(texts))
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        place = int(wrong[0])
        shown = texts[place].decode("utf-8", "replace")[:80]
        raise ScoreFileError(
            f"Line {numbers[place]:,}: the score {shown!r} is no finite number. The columns are {form}."
        )
    return values


def _number(text: bytes) -> float:
    try:
        # Python alone takes 1_0 for ten.
        return math.nan if b"_" in text else float(text)
    except ValueError:
        return math.nan


def _blocks(path: Path, form: str) -> Iterator[bytes]:
    try:
        with open_text(path) as stream:
            while block := stream.read(CHUNK):
                rest = b"" if block.endswith(b"\n") else stream.readline(CHUNK)
                if len(rest) == CHUNK:
                    raise ScoreFileError(f"A line is longer than {CHUNK:,} bytes; a line is: {form}.")
                yield block + rest
    except BROKEN_GZIP:
        raise ScoreFileError("The gzip file is cut short or garbled. Compress or copy it again.") from None
