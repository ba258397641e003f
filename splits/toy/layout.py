"""The pictures and captions of the toy datasets, rendered where they are asked for."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from splits.content import Pictures
from splits.data_layout import DataLayout
from splits.errors import DataError
from splits.shown import quoted
from splits.split import Split
from splits.toy.parts import PARTS, Part


def toy_layout(dataset: str) -> DataLayout:
    """Make the layout of a toy dataset."""
    return DataLayout(
        name=dataset,
        captions=partial(_captions, dataset),
        render=partial(_pictures, dataset),
        instructions="Toy datasets are rendered; nothing has to be obtained.",
    )


def _pictures(dataset: str, split: Split) -> Pictures:
    import numpy as np

    from splits.pictures import array_pictures
    from splits.toy import render_images

    places = {image: (part, row) for part in _parts(dataset, split) for row, image in enumerate(part.image_ids)}
    unknown = [image for image in split.image_ids if image not in places]
    if unknown:
        raise DataError(
            f"{split.name}: {len(unknown):,} of {split.n_images:,} images are not in {dataset}, first"
            f" {quoted(unknown[0])}."
        )
    chosen = [places[image] for image in split.image_ids]
    return array_pictures(lambda: np.stack([render_images(part.name)[row] for part, row in chosen]))


def _captions(dataset: str, split: Split, _folder: Path) -> Mapping[str, str]:
    from splits.toy import captions, read_toy_split

    texts: dict[str, str] = {}
    for part in _parts(dataset, split):
        texts.update(zip(read_toy_split(part.name, split.dataset).caption_ids, captions(part.name), strict=True))
    return texts


def _parts(dataset: str, split: Split) -> list[Part]:
    """The parts that any of a split's images is in."""
    wanted = set(split.image_ids)
    return [part for part in PARTS.values() if part.dataset == dataset and not wanted.isdisjoint(part.image_ids)]
