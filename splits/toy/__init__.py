"""Two rendered datasets that need no download: their pictures, their captions and their splits."""

from typing import TYPE_CHECKING

from splits.toy.parts import PARTS, Part, part_named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from splits.split import Dataset, Split, SplitDefinition

__all__ = ["PARTS", "captions", "define", "read_toy_split", "render_images"]


def render_images(split_name: str) -> "NDArray[np.uint8]":
    """Render the images of a toy split in canonical order.

    Args:
        split_name: Such as `toy-scene/test`.

    Returns:
        Shape (n_images, 64, 64, 3), read-only.

    Raises:
        UnknownNameError: There is no such toy split.
    """
    from splits.toy.pictures import pictures_of

    return pictures_of(part_named(split_name))


def captions(split_name: str) -> list[str]:
    """Return the captions of a toy split in canonical order.

    Raises:
        UnknownNameError: There is no such toy split.
    """
    return [text for text, _ in _caption_images(part_named(split_name))]


def read_toy_split(split_name: str, dataset: "Dataset") -> "Split":
    """Build a toy split: ids, order, and every pair of a caption and an image that it is true of."""
    import numpy as np

    from splits.split import Split

    part = part_named(split_name)
    written = _caption_images(part)
    per_image = len(written) // part.n_images
    return Split(
        name=split_name,
        dataset=dataset,
        image_ids=part.image_ids,
        caption_ids=tuple(f"{image}-{n}" for image in part.image_ids for n in range(per_image)),
        pairs=np.array([(row, image) for row, (_, images) in enumerate(written) for image in images]),
    )


def define(split_name: str, dataset: "Dataset", digest: str) -> "SplitDefinition":
    """Make the catalogue entry of a toy split."""
    from splits.split import SplitDefinition

    part = part_named(split_name)
    return SplitDefinition(
        name=split_name,
        dataset=dataset,
        n_images=part.n_images,
        n_captions=part.n_images * (5 if dataset.name == "toy-scene" else 1),
        digest=digest,
        read=lambda: read_toy_split(split_name, dataset),
    )


def _caption_images(part: Part) -> list[tuple[str, tuple[int, ...]]]:
    if part.dataset == "toy-scene":
        from splits.toy.scene_captions import scene_captions

        return [(caption.text, caption.images) for caption in scene_captions(part)]
    from splits.toy.badge import badge_captions

    return [(caption.text, caption.images) for caption in badge_captions(part)]
