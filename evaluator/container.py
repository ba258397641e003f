"""What a container is: a file of named arrays, whatever they mean; and the catalogue of containers.

Containers and contents compose: every format that is made of arrays reads them from any container.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

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
    """Read the headers of all arrays and nothing else; raises ScoreFileError when they are broken."""
    write: Callable[[Path, Mapping[str, NDArray[Any]]], None]
    """Write arrays of numbers or strings."""


CONTAINERS: Catalog[Container] = Catalog(Container, "evaluator.containers")


def container_of(path: Path) -> Container | None:
    """Return the container a file's content shows, or None when it is none."""
    return next((container for container in CONTAINERS.values() if container.accepts(path)), None)


def open_arrays(path: Path) -> Arrays:
    """Return the arrays of a file by name, none when the file is no container."""
    container = container_of(path)
    return container.open(path) if container else {}


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
    """Map an array that lies uncompressed in a file, read-only."""
    if not math.prod(shape) * dtype.itemsize:
        return np.empty(shape, dtype)
    mapped: np.memmap[Any, Any] = np.memmap(
        source,
        dtype=dtype,
        mode="r",
        offset=offset,
        shape=shape,
        order="F" if fortran else "C",
    )
    return mapped.view(np.ndarray)


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
