"""One caption per image, drawn with a caption seed."""

import hashlib

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
    own = split.image_of_caption
    order = np.argsort(own, kind="stable")
    starts = np.searchsorted(own[order], np.arange(split.n_images + 1))
    drawn = np.empty(split.n_images, dtype=np.int64)
    for image, image_id in enumerate(split.image_ids):
        captions = order[starts[image] : starts[image + 1]]
        if not len(captions):
            captions = split.pairs[split.pairs[:, 1] == image, 0]
        drawn[image] = captions[place(seed, image_id, len(captions))]
    return np.unique(drawn)


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
