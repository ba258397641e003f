"""Where the photos and the captions of MS COCO lie.

The photos of Karpathy's test images are all in `val2014`. The 25,010 captions are named by image and position: which
text stands where is checked, because the public files that list them share no ids with the split.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from splits.annotations import Layout
from splits.caption_texts import find_annotations, texts_of
from splits.data_layout import DataLayout, first_folder
from splits.datasets.coco import COCO, KARPATHY_TEST_25000, KARPATHY_TEST_25010, image_id
from splits.digest import sha256_of
from splits.errors import DataError
from splits.shown import quoted
from splits.split import Split
from splits.traps import explain_shape

TEXTS_25010 = "sha256:1d77cc07ea6631ba2b6c0140e8c55d82ae60bb32daaa51904a706ddc0b34e29e"
"""Of the letters and digits of all captions in order: what copies that differ in spaces and stops have in common."""
INSTRUCTIONS = (
    "Obtain val2014.zip and annotations_trainval2014.zip from https://cocodataset.org and unpack both into one folder:"
    " it then holds val2014/COCO_val2014_*.jpg and annotations/captions_val2014.json. Instead of the latter, Karpathy's"
    " dataset_coco.json serves as well, and for the 25,010 captions coco_karpathy_test.json."
)


def files(split: Split, folder: Path) -> Sequence[Path]:
    """Name the photo of every image."""
    photos = first_folder(folder, "val2014", "images/val2014")
    wrong = [image for image in split.image_ids if not re.fullmatch(r"\d{1,12}", image)]
    if wrong:
        raise DataError(f"{split.name}: {wrong[0]!r:.80} is not the id of a COCO image, such as 391895.")
    return [photos / f"COCO_val2014_{image:0>12}.jpg" for image in split.image_ids]


def captions(split: Split, folder: Path) -> Mapping[str, str]:
    """Read the texts of captions named by annotation id, or by image and position."""
    path = find_annotations(folder, "captions_val2014.json", "dataset_coco.json", "coco_karpathy_test.json")
    found, texts = texts_of(path, image_id)
    missing = [caption for caption in split.caption_ids if caption not in texts]
    if missing and found.layout is Layout.LIST and not any("#" in caption for caption in missing):
        raise DataError(
            f"{path} is {found.layout.value} without annotation ids, by which {split.name} names its captions."
        )
    if missing:
        total = sum(image.n_captions or 0 for image in found.images)
        trap = explain_shape(split, (len(found.images), total)) if found.layout is Layout.LIST else None
        raise DataError(
            f"{path} lacks {len(missing):,} of the {split.n_captions:,} captions of {split.name}, first"
            f" {quoted(missing[0])}.{' ' + trap if trap else ''}"
        )
    if split.digest == KARPATHY_TEST_25010.digest:
        check_texts([texts[caption] for caption in split.caption_ids], path)
    return texts


def check_texts(texts: Sequence[str], path: Path) -> None:
    """Refuse texts that are not the 25,010 captions, each in its place."""
    found = sha256_of("\n".join(re.sub(r"[^a-z0-9]", "", text.lower()) for text in texts).encode())
    if found != TEXTS_25010:
        raise DataError(
            f"{path} has a text for every caption of {KARPATHY_TEST_25010.name}, but not the official texts in the"
            f" official order. Obtain the file again, or use {KARPATHY_TEST_25000.name}, whose captions have ids."
        )


LAYOUT = DataLayout(name=COCO.name, files=files, captions=captions, instructions=INSTRUCTIONS)
