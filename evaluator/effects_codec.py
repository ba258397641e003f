"""The effects of all images as a small run of bytes: few different numbers, so a table of them and a place for each.

A full COCO 5K takes a few kilobytes. The numbers come back bit by bit.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_COUNT = np.dtype("<u4")
MAX_BYTES = 1 << 28
"""An upper bound on what stored effects may expand to."""


def encode_effects(effects: Values) -> bytes:
    """Pack the effects of images.

    >>> decode_effects(encode_effects(np.array([0.5, -0.5, 0.5]))).tolist()
    [0.5, -0.5, 0.5]
    """
    different, places = np.unique(effects, return_inverse=True)
    kind = _place_type(len(different))
    head = np.array([len(different)], dtype=_COUNT).tobytes()
    return zlib.compress(head + different.astype("<f8").tobytes() + places.astype(kind).tobytes(), 6)


def decode_effects(content: bytes) -> Values:
    """Unpack what `encode_effects` packed.

    Raises:
        ValueError: The bytes are not complete.
    """
    inflater = zlib.decompressobj()
    plain = inflater.decompress(content, MAX_BYTES)
    if not inflater.eof:
        raise ValueError("Effects of images are cut off or larger than any split calls for.")
    n = int(np.frombuffer(plain, _COUNT, 1)[0])
    different = np.frombuffer(plain, "<f8", n, _COUNT.itemsize)
    places = np.frombuffer(plain, _place_type(n), offset=_COUNT.itemsize + different.nbytes)
    return np.asarray(different[places], dtype=np.float64)


def _place_type(n_different: int) -> np.dtype[np.unsignedinteger]:
    return np.dtype("<u1" if n_different <= 1 << 8 else "<u2" if n_different <= 1 << 16 else "<u4")
