"""What a container is: a file of named arrays, whatever they mean; and the catalogue of containers.

Containers and contents compose: every format that is made of arrays reads them from any container.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ScoreFileError
from splits.catalog import Catalog

UNPACK_LIMIT = 2 * 2**30
"""Bytes that one compressed array may unpack to; an uncompressed one is mapped and has no limit."""
UNPACK_RATIO = 100
"""How many times its packed size a large array may unpack to; real scores seldom reach 2."""
SMALL = 16 * 2**20
"""Bytes below which the ratio does not matter."""
TEXT_LIMIT = 64 * 2**20
"""Bytes that an array of strings may take."""
MAX_IDS = 1_000_000
"""Ids that one axis may have: more than any split."""
BLOCK = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class StoredArray:
    """One array of a container, known by its header alone until it is loaded."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    load: Callable[[], NDArray[Any]]
    """Map the array, or unpack it into a temporary file within limits; called once shape and dtype are as wanted."""


Arrays: TypeAlias = Mapping[str, StoredArray]


@dataclass(frozen=True, slots=True)
class Container:
    """A way of keeping named arrays in a file."""

    name: str
    summary: str
    suffixes: tuple[str, ...]
    accepts: Callable[[Path], bool]
    """Whether a file begins as this container does."""
    open: Callable[[Path], Arrays]
    """Read headers and nothing else; raises ScoreFileError, at the latest when an array is asked for by name."""
    write: Callable[[Path, Mapping[str, NDArray[Any]]], None]
    """Write arrays of numbers or strings."""


CONTAINERS: Catalog[Container] = Catalog(Container, "evaluator.containers")
_opened: ContextVar[dict[Path, Arrays] | None] = ContextVar("opened", default=None)


class LazyArrays(Mapping[str, StoredArray]):
    """Arrays of which only the names are known; the header of one is read when it is asked for."""

    def __init__(self, names: Iterable[str], read: Callable[[str], StoredArray]) -> None:
        """Keep the names, and how to read the header that belongs to one."""
        self._names = dict.fromkeys(names)
        self._read = cache(read)

    def __getitem__(self, name: str) -> StoredArray:
        """Read one header, once."""
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __contains__(self, name: object) -> bool:
        """Say whether there is such an array without reading its header."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._names)


def container_of(path: Path) -> Container | None:
    """Return the container a file's content shows, or None when it is none."""
    return next((container for container in CONTAINERS.values() if container.accepts(path)), None)


def open_arrays(path: Path) -> Arrays:
    """Return the arrays of a file by name, none when the file is no container."""
    opened = _opened.get()
    if opened is not None and path in opened:
        return opened[path]
    container = container_of(path)
    arrays = container.open(path) if container else {}
    if opened is not None:
        opened[path] = arrays
    return arrays


@contextmanager
def opened_once() -> Iterator[None]:
    """Read the headers of a file once for all formats that look at it, and forget them at the end."""
    token = _opened.set({})
    try:
        yield
    finally:
        _opened.reset(token)


def container_suffixes(*, without: str = "") -> tuple[str, ...]:
    """Return the file name endings of all containers but one."""
    return tuple(suffix for name, one in CONTAINERS.items() if name != without for suffix in one.suffixes)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays to the container that the file's name asks for."""
    for container in CONTAINERS.values():
        if path.suffix in container.suffixes:
            return container.write(path, arrays)
    raise ScoreFileError(f"No array file is called {path.suffix!r}. Use one of {', '.join(container_suffixes())}.")


def starts_with(path: Path, magic: bytes) -> bool:
    """Say whether a file begins with some bytes."""
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic


def map_array(
    source: Path | IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...], *, offset: int = 0, fortran: bool = False
) -> NDArray[Any]:
    """Map an array that lies uncompressed in a file, read-only.

    Raises:
        ScoreFileError: There can be no array of that shape, or the file has become shorter.
    """
    order: Literal["F", "C"] = "F" if fortran else "C"
    try:
        if not math.prod(shape) * dtype.itemsize:
            return np.empty(shape, dtype)
        mapped: np.memmap[Any, Any] = np.memmap(source, dtype, "r", offset, shape, order)
        return mapped.view(np.ndarray)
    except (ValueError, OverflowError, MemoryError, OSError):
        raise ScoreFileError(
            f"An array of shape {shape} and {dtype} cannot be mapped: it is too large, or the file was changed"
            " meanwhile. Save or copy the file again."
        ) from None


def text_array(name: str, texts: Sequence[str]) -> NDArray[np.str_]:
    """Build an array of strings, which takes the length of the longest for each.

    Raises:
        ScoreFileError: It would take more room than ids ever need.
    """
    if len(texts) * max(map(len, texts), default=0) * 4 > TEXT_LIMIT:
        raise ScoreFileError(f"`{name}` holds {len(texts):,} strings, some of them far longer than an id ever is.")
    return np.array(texts, dtype=str)


def check_unpacking(name: str, packed: int, unpacked: int) -> None:
    """Refuse a compressed array that would grow beyond what scores ever need.

    Raises:
        ScoreFileError: The array is too large, or is compressed far more tightly than scores can be.
    """
    if unpacked > UNPACK_LIMIT:
        raise ScoreFileError(
            f"`{name}` is compressed and would unpack to {unpacked:,} bytes; the limit is {UNPACK_LIMIT:,}."
            " Save it uncompressed (np.save or np.savez): then there is no limit."
        )
    if unpacked > SMALL and unpacked > UNPACK_RATIO * packed:
        raise ScoreFileError(
            f"`{name}` would unpack from {packed:,} to {unpacked:,} bytes, {unpacked // max(packed, 1):,} times its"
            f" size; scores never compress more than {UNPACK_RATIO} times, so this looks like a zip bomb."
            " Save it uncompressed (np.save or np.savez)."
        )
