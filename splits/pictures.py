"""Pictures opened from files or taken from an array, the same way from any thread."""

import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from splits.content import Pictures
from splits.digest import sha256_of
from splits.errors import DataError
from splits.shown import shown, shown_path

if TYPE_CHECKING:
    from PIL.Image import Image

    from splits.file_state import DigestOfFile

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
"""What is recognised. Of the other formats that Pillow knows, some start programs to decode."""
MOST_PIXELS = 80_000_000
"""A photo has at most some tens of millions; a small file that unpacks to more is an attack on memory."""
# What Pillow raises on damaged files of these formats, when it opens them and when it decodes them.
DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
)


def file_pictures(files: Sequence[Path]) -> Pictures:
    """Make the pictures of a split from their files, in canonical order."""
    paths = tuple(files)
    return Pictures(
        open=lambda index: open_picture(paths[index]),
        digest=lambda digest_of_file: _digest_of_files(paths, digest_of_file),
    )


def array_pictures(render: Callable[[], NDArray[np.uint8]]) -> Pictures:
    """Make the pictures of a split from an array of shape (n_images, height, width, 3), in canonical order.

    It is rendered when the first picture is asked for, once, whichever thread asks.
    """
    lock = Lock()
    rendered: list[NDArray[np.uint8]] = []

    def pixels() -> NDArray[np.uint8]:
        with lock:
            if not rendered:
                rendered.append(np.ascontiguousarray(render()))
        return rendered[0]

    def picture(index: int) -> "Image":
        from PIL import Image

        return Image.fromarray(pixels()[index])

    return Pictures(open=picture, digest=lambda _: sha256_of(pixels().tobytes()))


def open_picture(path: Path) -> "Image":
    """Open a picture in RGB, wholly decoded.

    A note in the file that the camera was turned is not followed: the pipelines that published numbers come from do
    not follow it either, and a model must see what theirs saw.

    Raises:
        DataError: It is missing, truncated, damaged, too large, or no picture.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise DataError(_too_large(path, f"{width:,} x {height:,}"))
            return picture.convert("RGB")
    except FileNotFoundError as error:
        raise DataError(f"The picture {shown_path(path)} is missing. Obtain it again.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(_too_large(path, "too many")) from error
    except UnidentifiedImageError as error:
        raise DataError(
            f"{shown_path(path)} ({path.stat().st_size:,} bytes) is no picture in a format that is read"
            f" ({', '.join(FORMATS)}). Obtain it again."
        ) from error
    except DAMAGED as error:
        raise DataError(
            f"The picture {shown_path(path)} cannot be decoded: {shown(str(error))}. Obtain it again."
        ) from error


def _too_large(path: Path, found: str) -> str:
    return (
        f"The picture {shown_path(path)} has {found} pixels, expected at most {MOST_PIXELS:,} in all. Obtain it again."
    )


def _digest_of_files(paths: Sequence[Path], digest_of_file: "DigestOfFile") -> str:
    """Digest the digests of the files, which are taken side by side: hashing and reading both leave Python's lock."""
    total = hashlib.sha256()
    with ThreadPoolExecutor(max_workers=min(16, 2 * (os.cpu_count() or 1))) as threads:
        for digest in threads.map(partial(_named, digest_of_file), paths):
            total.update(digest.encode())
    return f"sha256:{total.hexdigest()}"


def _named(digest_of_file: "DigestOfFile", path: Path) -> str:
    """Digest a picture; what keeps it from being read names it."""
    try:
        return digest_of_file(path)
    except OSError as error:
        raise DataError(f"The picture {shown_path(path)} cannot be read: {error.strerror}.") from error
