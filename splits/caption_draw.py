"""One caption per image, drawn with a caption seed."""

import hashlib
from collections.abc import Iterator

import numpy as np

from splits.split import Indices, Split


def draw_captions(split: Split, seed: int) -> Indices:
    """Draw one caption for every image.

    Which of its captions an image gets depends on the seed and the image's id alone, so that adding or removing other
    images moves no draw. A caption that fits several images is one of the first of them in canonical order only, the
    one it was written for: there alone another image matters, if it comes before and takes a shared caption. An image
    without a caption of its own draws from all that fit it.

    Args:
        split: The split.
        seed: The caption seed, at least 0.

    Returns:
        The canonical indices of the drawn captions, ascending; one for each image, fewer only where two images without
        captions of their own drew the same.
    """
    drawn = [own[place(seed, image_id, len(own))] for image_id, own in zip(split.image_ids, _own(split), strict=True)]
    return np.unique(np.array(drawn, dtype=np.int64))


def first_captions(split: Split, count: int) -> Indices:
    """Return the first captions of every image, where it has more than some number.

    Which captions are an image's own is told above.

    Args:
        split: The split.
        count: How many of each image are kept.

    Returns:
        Their canonical indices, ascending.
    """
    return np.unique(np.concatenate([own[:count] for own in _own(split)]))


def _own(split: Split) -> Iterator[Indices]:
    """Return the captions of every image in canonical order: its own, or all that fit it where it has none."""
    owners = split.image_of_caption
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(split.n_images + 1))
    for image in range(split.n_images):
        captions = order[starts[image] : starts[image + 1]]
        yield captions if len(captions) else split.pairs[split.pairs[:, 1] == image, 0]


def place(seed: int, image_id: str, n_captions: int) -> int:
    """Return which of an image's captions is drawn, counted from 0.

    The first 64 bits of the SHA-256 of seed and id, scaled to the number of captions: anyone can repeat it.

    >>> [place(seed, "391895", 5) for seed in range(8)]
    [4, 1, 3, 0, 2, 1, 1, 1]
    """
    digest = hashlib.sha256(f"{seed}:{image_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * n_captions >> 64


def with_captions(split: Split, captions: Indices) -> Split:
    """Return the split with some of its captions only, in canonical order; every image must keep one.

    Judgments beyond the original pairs are left behind.
    """
    number = np.full(split.n_captions, -1, dtype=np.int64)
    number[captions] = np.arange(len(captions))
    pairs = split.pairs[number[split.pairs[:, 0]] >= 0]
    pairs = np.column_stack((number[pairs[:, 0]], pairs[:, 1]))
    caption_ids = tuple(split.caption_ids[caption] for caption in captions.tolist())
    return Split(split.name, split.dataset, split.image_ids, caption_ids, pairs, split.caption_policies)
