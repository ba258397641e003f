"""Known mistakes with public copies of the splits: recognise one, name it, and say how to mend it.

The functions are given what did not fit, and return a sentence to append to the message, or None when the case is none
of the known ones.
"""

import re
from collections.abc import Sequence

from splits.split import Split

COCO_25000 = "coco/karpathy-test-25000"
COCO_25010 = "coco/karpathy-test-25010"
FLICKR30K_TEST = "flickr30k/karpathy-test"
FOLD = 1000
DEFECTIVE = 83
"""The position of the image whose sixth caption is missing from a public copy with 25,009 captions."""
UNIQUE_COCO_TEXTS = 24809
FLICKR30K_VAL_SHAPE = (1014, 5070)
FLICKR30K_SIZES = {1000: "test", 1014: "validation", 29000: "training"}
ENTITIES_SHARED = 25
"""How many images the test list of Flickr30k Entities shares with Karpathy's."""

FIVE_OF_EACH = (
    "It has the first five captions of every image, 25,000 in all, where ten images have a sixth:"
    f" use the split {COCO_25000}, or score all 25,010 captions."
)
DEFECTIVE_COPY = (
    "This is the known defective copy of the COCO test list with 25,009 captions: the image at position 83 lost its"
    " sixth caption. Use a list with 25,010 captions, and score that caption too."
)


def explain_ids(
    split: Split, image_ids: Sequence[str] | None = None, caption_ids: Sequence[str] | None = None
) -> str | None:
    """Name the known mistake behind ids that are not those of a split.

    Args:
        split: The split that the ids should belong to.
        image_ids: The image ids as found, in their order; None if they are not in doubt.
        caption_ids: The caption ids as found, in their order; None if they are not in doubt.
    """
    found = _explain_images(split, image_ids) if image_ids else None
    return found or (_explain_captions(split, caption_ids) if caption_ids else None)


def explain_shape(split: Split, shape: Sequence[int]) -> str | None:
    """Name the known mistake behind a matrix whose shape is not that of a split, in either orientation."""
    sides = tuple(sorted(shape))
    images, captions = split.n_images, split.n_captions
    if len(sides) != 2 or sides == (images, captions):
        return None
    if sides == (captions, captions):
        return _repeated_images(split)
    if sides == (images, images):
        return (
            f"It has one caption for each image; {split.name} has {captions:,}. Score all of them, or use a protocol"
            " with one caption per image, which says which caption that is."
        )
    return _explain_coco_shape(split, sides) or _explain_flickr_shape(split, sides)


def _explain_coco_shape(split: Split, sides: tuple[int, ...]) -> str | None:
    if split.name not in (COCO_25000, COCO_25010):
        return None
    known: dict[tuple[int, ...], str] = {
        (5000, 25000): f"25,000 captions are the first five of each image: use the split {COCO_25000}.",
        (5000, 25010): f"25,010 captions are all captions of the test images: use the split {COCO_25010}.",
        (5000, 25009): DEFECTIVE_COPY,
        (FOLD, 5 * FOLD): "It is one fold of 1,000 images. Score all 5,000 images against all captions in one matrix;"
        " the protocol coco-1k cuts the folds itself.",
    }
    if UNIQUE_COCO_TEXTS in sides:
        return (
            "24,809 is the number of different caption texts, as MTEB counts them; captions with the same text are"
            " still captions of their own image here. Repeat the score of a text for each of its captions."
        )
    return known.get(sides)


def _explain_flickr_shape(split: Split, sides: tuple[int, ...]) -> str | None:
    if split.name == FLICKR30K_TEST and sides == FLICKR30K_VAL_SHAPE:
        return (
            "1,014 images are Karpathy's validation images: score the 1,000 test images, or use flickr30k/karpathy-val."
        )
    return None


def _repeated_images(split: Split) -> str:
    counts = {int(count) for count in _captions_per_image(split)}
    mend = f"scores[::{counts.pop()}]" if len(counts) == 1 else "the first row of each image"
    return (
        f"Every image is there once per caption, {split.n_captions:,} rows, as scripts in the manner of SCAN keep them:"
        f" keep one row for each of the {split.n_images:,} images, {mend}."
    )


def _captions_per_image(split: Split) -> list[int]:
    import numpy as np

    return [int(count) for count in np.bincount(split.pairs[:, 1], minlength=split.n_images)]


def _explain_images(split: Split, image_ids: Sequence[str]) -> str | None:
    wanted, found = set(split.image_ids), set(image_ids)
    if found == wanted:
        return _explain_repeats_or_order(split, image_ids)
    if not found & wanted and _plain(found) <= _plain(wanted):
        return f"Image ids of {split.name} are written like {split.image_ids[0]!r}, not like {image_ids[0]!r}."
    if split.name in (COCO_25000, COCO_25010) and len(found) == FOLD:
        return _explain_fold(split, image_ids)
    if split.name.startswith("flickr30k/"):
        return _explain_flickr_images(split, _plain(found))
    return None


def _explain_repeats_or_order(split: Split, image_ids: Sequence[str]) -> str | None:
    if len(image_ids) == split.n_captions > split.n_images:
        return _repeated_images(split)
    if split.name in (COCO_25000, COCO_25010) and tuple(image_ids) != split.image_ids:
        return (
            "Lists of COCO's test images in another order are about, such as karpathy_test_images.txt of Up-Down"
            " captioning; their blocks of 1,000 images are other folds. Bring the images into the split's order,"
            f" which `rematch splits show {split.name} --json` prints."
        )
    return None


def _explain_fold(split: Split, image_ids: Sequence[str]) -> str | None:
    for fold in range(split.n_images // FOLD):
        if set(split.image_ids[fold * FOLD : (fold + 1) * FOLD]) == set(image_ids):
            return (
                f"These are the images of fold {fold + 1} of 5. Score all 5,000 images in one matrix; the protocol"
                " coco-1k cuts the folds itself."
            )
    return None


def _explain_flickr_images(split: Split, found: set[str]) -> str | None:
    shared = len(found & _plain(set(split.image_ids)))
    if split.name == FLICKR30K_TEST and len(found) == FOLD and shared == ENTITIES_SHARED:
        return (
            "This is the test list of Flickr30k Entities, which shares only 25 images with Karpathy's test images."
            " Retrieval results are reported on Karpathy's: take the images whose split is 'test' in"
            " dataset_flickr30k.json."
        )
    if shared == 0 and len(found) in FLICKR30K_SIZES:
        return f"They look like Karpathy's {FLICKR30K_SIZES[len(found)]} images; use the split that has them."
    return None


def _explain_captions(split: Split, caption_ids: Sequence[str]) -> str | None:
    if split.name == COCO_25000 and any("#" in caption for caption in caption_ids):
        return f"Captions named by image and position, like '391895#0', are those of {COCO_25010}."
    if split.name != COCO_25010:
        return None
    if all(caption.isdigit() for caption in caption_ids):
        return f"Captions named by annotation ids, like '770337', are those of {COCO_25000}."
    missing = set(split.caption_ids) - set(caption_ids)
    sixth = {caption for caption in split.caption_ids if caption.endswith("#5")}
    if missing == sixth:
        return FIVE_OF_EACH
    return DEFECTIVE_COPY if missing == {f"{split.image_ids[DEFECTIVE]}#5"} else None


def _plain(ids: set[str]) -> set[str]:
    """Reduce ids to what two spellings of one image have in common: no folder, suffix, COCO prefix or zeros."""
    names = (re.split(r"[/\\]", value)[-1] for value in ids)
    return {re.sub(r"^(COCO_[a-z]+\d+_)?0*(?=\d)", "", re.sub(r"\.(jpe?g|png)$", "", name)) for name in names}
