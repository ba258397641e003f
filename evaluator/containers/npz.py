"""Several arrays in a zip archive: uncompressed ones are mapped where they lie, compressed ones unpacked in bounds."""

import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.container import (
    BLOCK,
    Arrays,
    Container,
    LazyArrays,
    StoredArray,
    check_unpacking,
    map_array,
    starts_with,
)
from evaluator.containers.npy import Header, check_length, read_header
from evaluator.errors import ScoreFileError

MAX_MEMBERS = 1000
MAX_DIRECTORY = 4 * 2**20
"""Bytes of the list of members, which is read and parsed as a whole."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What np.savez and np.savez_compressed use; other methods unpack without bounds."""
OTHER_METHODS = {9: "deflate64", zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "lzma", 93: "zstandard"}
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
    EOFError,
    OSError,
    MemoryError,
)
"""What the standard library raises on archives that are cut short, garbled or encrypted."""


class _BoundedFile(FileIO):
    """A file of which no more is read at a time than an archive's directory may take."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read some bytes, or all that are left where that is little."""
        if size is None or size < 0:
            size = MAX_DIRECTORY
        if size > MAX_DIRECTORY:
            raise ScoreFileError(
                f"The list of what the archive holds takes {size:,} bytes; the limit is {MAX_DIRECTORY:,}."
                " Save the scores and their ids alone, with np.savez."
            )
        return super().read(size) or b""


def members_of(path: Path) -> list[zipfile.ZipInfo]:
    """List what a zip archive holds.

    Raises:
        ScoreFileError: The archive cannot be read.
    """
    try:
        with _BoundedFile(path) as file, zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except BROKEN:
        raise ScoreFileError(
            "The file begins as a zip archive (.npz), but the list of its contents, which comes last, is missing or"
            " garbled: it was probably cut short. Save or copy it again."
        ) from None


def _open(path: Path) -> Arrays:
    everything = members_of(path)
    arrays = [member for member in everything if member.filename.endswith(".npy")]
    members = {member.filename.removesuffix(".npy"): member for member in arrays}
    if len(arrays) > MAX_MEMBERS or len(members) < len(arrays):
        raise ScoreFileError(f"The archive holds {len(arrays):,} arrays, or two of one name. Save it with np.savez.")
    if len(everything) > MAX_MEMBERS:
        raise ScoreFileError(
            f"The archive holds {len(everything):,} members; no more than {MAX_MEMBERS:,} are read."
            " Save the scores and their ids alone."
        )
    return LazyArrays(members, lambda name: _stored(path, name, members[name]))


def _stored(path: Path, name: str, member: zipfile.ZipInfo) -> StoredArray:
    if member.compress_type not in METHODS:
        method = OTHER_METHODS.get(member.compress_type, f"method {member.compress_type}")
        raise ScoreFileError(
            f"`{name}` is compressed by {method}, which is not read. Save it with np.savez or np.savez_compressed."
        )
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            header = read_header(stream, name)
    except BROKEN:
        raise _damaged(name) from None
    if not header.dtype.hasobject:
        check_length(name, header, member.file_size - header.length)
    load = _mapped if member.compress_type == zipfile.ZIP_STORED else _unpacked
    return StoredArray(header.shape, header.dtype, partial(load, path, name, member, header))


def _mapped(path: Path, name: str, member: zipfile.ZipInfo, header: Header) -> NDArray[Any]:
    with path.open("rb") as stream:
        stream.seek(member.header_offset)
        fixed = stream.read(30)
    start = member.header_offset + 30 + sum(struct.unpack("<HH", fixed[26:30]))
    if start + member.file_size > path.stat().st_size:
        raise _damaged(name)
    content = map_array(path, np.dtype(np.uint8), (member.file_size,), offset=start)
    checksum = 0
    for first in range(0, member.file_size, BLOCK):
        checksum = zlib.crc32(content[first : first + BLOCK].data, checksum)
    if checksum != member.CRC:
        raise _damaged(name)
    return map_array(path, header.dtype, header.shape, offset=start + header.length, fortran=header.fortran)


def _unpacked(path: Path, name: str, member: zipfile.ZipInfo, header: Header) -> NDArray[Any]:
    check_unpacking(name, min(member.compress_size, path.stat().st_size), member.file_size)
    with tempfile.TemporaryFile() as unpacked:
        written = 0
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                while (block := stream.read(BLOCK)) and written <= member.file_size:
                    written += unpacked.write(block)
        except BROKEN:
            raise _damaged(name) from None
        if written != member.file_size:
            raise _damaged(name)
        unpacked.flush()
        return map_array(unpacked, header.dtype, header.shape, offset=header.length, fortran=header.fortran)


def _damaged(name: str) -> ScoreFileError:
    return ScoreFileError(
        f"`{name}` in the archive is damaged: what is there does not match its checksum or its length."
        " Save or copy the file again."
    )


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with path.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})


NPZ = Container(
    name="npz",
    summary="Several arrays as np.savez writes them; uncompressed ones are mapped, never copied.",
    suffixes=(".npz",),
    accepts=lambda path: starts_with(path, b"PK\x03\x04") or starts_with(path, b"PK\x05\x06"),
    open=_open,
    write=_write,
)
