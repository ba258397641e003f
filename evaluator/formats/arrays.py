"""What the formats made of arrays share: the checks of one array, and the arrays that name ids, digest and order."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.container import StoredArray
from evaluator.errors import ScoreFileError
from splits.split import Indices, Split

FLOATS = (2, 4, 8)
ADVICE = {
    "b": "Save the scores from which they were made, as float32.",
    "c": "Save the real numbers that you rank by, as float32.",
    "S": "Save numbers: .astype(np.float32).",
    "U": "Save numbers: .astype(np.float32).",
    "V": "Save one plain float32 array: fields, records and half types of other libraries have no one reading.",
}
WORDS = {"b": "booleans", "c": "complex numbers", "S": "strings", "U": "strings", "V": "records"}


def check_floats(name: str, stored: StoredArray) -> None:
    """Refuse what is no two-dimensional array of float16, float32 or float64.

    Raises:
        ScoreFileError: It is of another type or has other dimensions.
    """
    dtype = stored.dtype
    if dtype.hasobject:
        raise ScoreFileError(
            f"`{name}` is an object array, which numpy keeps as a pickle; a pickle can run code when it is read, so it"
            f" is not read. Save np.array({name}, dtype=np.float32)."
        )
    if dtype.kind in "iu":
        wide = "float64" if dtype.itemsize > 2 else "float32"
        raise ScoreFileError(
            f"`{name}` holds integers ({dtype}); scores are float16, float32 or float64."
            f" If they are scores and not ranks, save {name}.astype(np.{wide})."
        )
    if dtype.kind != "f":
        kind = dtype.kind if dtype.kind in ADVICE else "V"
        raise ScoreFileError(
            f"`{name}` holds {WORDS[kind]} ({dtype}); scores are float16, float32 or float64. {ADVICE[kind]}"
        )
    if dtype.itemsize not in FLOATS:
        raise ScoreFileError(f"`{name}` is {dtype}; scores are float16, float32 or float64. Save it as float64.")
    if len(stored.shape) != 2:
        count = len(stored.shape)
        raise ScoreFileError(
            f"`{name}` has {count} {'dimension' if count == 1 else 'dimensions'}, shape {stored.shape}; it needs two."
            " Save one row per image (or caption)."
        )


def naming_arrays(
    split: Split, image_order: Indices | None, caption_order: Indices | None
) -> Mapping[str, NDArray[Any]]:
    """Return the arrays that say which ids a file holds, in its own order, and for which split."""
    images, captions = np.array(split.image_ids), np.array(split.caption_ids)
    return {
        "image_ids": images if image_order is None else images[image_order],
        "caption_ids": captions if caption_order is None else captions[caption_order],
        "split_digest": np.array(split.digest),
    }
