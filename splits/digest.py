"""The identity of a split: SHA-256 over a canonical serialisation of ids, order and judgments.

The serialisation is compact UTF-8 JSON with sorted keys, so anyone can reproduce a digest from a split file with
ten lines of any language; `docs/reference/split-files.md` gives them.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from numpy.typing import ArrayLike


def canonical_bytes(document: object) -> bytes:
    """Serialise a JSON document in the one form that digests are taken of."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of some bytes, with its prefix."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's content, with its prefix, reading it in blocks."""
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def split_digest(image_ids: Sequence[str], caption_ids: Sequence[str], pairs: ArrayLike) -> str:
    """Digest a split: image ids and caption ids in canonical order, and who belongs to whom.

    Args:
        image_ids: The images, in order.
        caption_ids: The captions, in order.
        pairs: (caption index, image index) rows, sorted.

    Returns:
        `sha256:` and 64 hexadecimal digits.
    """
    import numpy as np

    document = {
        "captions": list(caption_ids),
        "images": list(image_ids),
        "pairs": np.asarray(pairs, dtype=np.int64).tolist(),
    }
    return sha256_of(canonical_bytes(document))
