"""Build splits in which the captions of one image stand together, in the order of the images."""

from collections.abc import Sequence

import numpy as np

from splits.split import CaptionPolicy, Dataset, Split


def positional_caption_ids(image_ids: Sequence[str], counts: Sequence[int]) -> tuple[str, ...]:
    """Name captions by image and position, `<image id>#<n>` with n from 0, where no official ids exist."""
    return tuple(f"{image}#{n}" for image, count in zip(image_ids, counts, strict=True) for n in range(count))


def split_in_blocks(
    name: str,
    dataset: Dataset,
    *,
    image_ids: Sequence[str],
    counts: Sequence[int],
    caption_ids: Sequence[str] | None = None,
    caption_policies: tuple[CaptionPolicy, ...] = (CaptionPolicy.ALL, CaptionPolicy.ONE),
) -> Split:
    """Build a split whose images have the given numbers of captions, block after block.

    Args:
        name: The name of the split.
        dataset: Where its images come from.
        image_ids: The images, in canonical order.
        counts: How many captions each image has.
        caption_ids: The captions, in canonical order; named by image and position if omitted.
        caption_policies: How many captions of an image protocols may use.
    """
    captions = positional_caption_ids(image_ids, counts) if caption_ids is None else tuple(caption_ids)
    owners = np.repeat(np.arange(len(image_ids)), counts)
    pairs = np.column_stack((np.arange(len(captions)), owners))
    return Split(name, dataset, tuple(image_ids), captions, pairs, caption_policies)
