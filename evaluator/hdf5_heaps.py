"""The heaps in which an HDF5 file keeps strings: the library goes through a damaged one without ever coming to its end.

A heap begins with its signature, a version and its size; then come objects, each with its number, its size and its
content, padded to eight bytes. Number 0 is the free space, whose size counts its own header too.
"""

import mmap
import re
import struct
from pathlib import Path

from evaluator.container import MAX_IDS
from evaluator.errors import ScoreFileError

HEAP = re.compile(rb"GCOL\x01")
HEAP_HEADER = OBJECT_HEADER = 16
PADDING = 8
BACKWARDS = 2**64 - 2**40
"""A length from which the library, adding it in 64 bits, comes to where it has been."""
MAX_OBJECTS = 4 * MAX_IDS


def check_heaps(path: Path, sizes: tuple[int, int]) -> None:
    """Refuse a file with a heap whose objects lead nowhere.

    Args:
        path: The file.
        sizes: The bytes that an address and a length take in it.

    Raises:
        ScoreFileError: There is one, or there are far more objects than ids.
    """
    if sizes != (8, 8):
        raise ScoreFileError("The HDF5 file uses addresses of other than 8 bytes. Write it with h5py as it is.")
    left = MAX_OBJECTS
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in HEAP.finditer(content):
            left -= _objects(content, found.start(), left)


def _objects(content: mmap.mmap, start: int, left: int) -> int:
    place, count = start + HEAP_HEADER, 0
    if place > len(content):
        return 0
    end = min(start + struct.unpack_from("<Q", content, start + PADDING)[0], len(content))
    while place + OBJECT_HEADER <= end:
        number, size = struct.unpack_from("<H6xQ", content, place)
        step = size if not number else OBJECT_HEADER + size + -size % PADDING
        count += 1
        if step < OBJECT_HEADER or step >= BACKWARDS or count > left:
            raise ScoreFileError("The strings of the HDF5 file are damaged. Save or copy it again.")
        place += step
    return count
