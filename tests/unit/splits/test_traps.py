"""Known mistakes are named, whatever does not fit for another reason is not guessed at."""

import numpy as np
import pytest

from splits import Split, load_split
from splits.blocks import split_in_blocks
from splits.traps import DEFECTIVE_COPY, FIVE_OF_EACH, explain_ids, explain_shape

A, B, F = "coco/karpathy-test-25000", "coco/karpathy-test-25010", "flickr30k/karpathy-test"


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        (A, (5000, 25010), f"use the split {B}"),
        (A, (25010, 5000), f"use the split {B}"),
        (B, (5000, 25000), f"use the split {A}"),
        (A, (5000, 25009), DEFECTIVE_COPY),
        (B, (25009, 5000), DEFECTIVE_COPY),
        (A, (25000, 25000), r"keep one row for each of the 5,000 images, scores[::5]."),
        (B, (25010, 25010), "keep one row for each of the 5,000 images, the first row of each image."),
        (F, (5000, 5000), "scores[::5]"),
        (A, (1000, 5000), "It is one fold of 1,000 images."),
        (A, (5000, 24809), "as MTEB counts them"),
        (A, (5000, 5000), f"It has one caption for each image; {A} has 25,000."),
        (F, (1014, 5070), "Karpathy's validation images"),
        ("flickr30k/karpathy-val", (1000, 5000), None),
        (F, (1000, 4999), None),
        (F, (1014, 1014), None),
        (A, (5000, 25000), None),
        (A, (25000, 5000), None),
        (A, (5000, 24999), None),
        (A, (125_000_000,), None),
        (A, (1, 5000, 25010), None),
    ],
)
def test_shapes(name, shape, words):
    found = explain_shape(load_split(name), shape)
    assert found is None if words is None else words in (found or "")


def coco_files(split):
    return [f"val2014/COCO_val2014_{int(image):012}.jpg" for image in split.image_ids]


def test_file_names_in_place_of_ids_are_told_the_spelling():
    split = load_split(A)
    for spelt in (coco_files(split), [f"{int(image):012}" for image in split.image_ids]):
        assert explain_ids(split, spelt) == f"Image ids of {A} are written like '391895', not like {spelt[0]!r}."
    split = load_split(F)
    spelt = [f"flickr30k-images/{image}" for image in split.image_ids]
    assert "are written like '1007129816.jpg'" in (explain_ids(split, spelt) or "")


def test_images_in_another_order_are_told_of_the_folds():
    assert "their blocks of 1,000 images are other folds" in (
        explain_ids(load_split(A), load_split(A).image_ids[::-1]) or ""
    )
    assert explain_ids(load_split(F), load_split(F).image_ids[::-1]) is None


def test_one_fold_of_coco_is_told_which():
    ids = load_split(A).image_ids
    assert (explain_ids(load_split(B), ids[2000:3000]) or "").startswith("These are the images of fold 3 of 5.")
    assert explain_ids(load_split(A), ids[500:1500]) is None


def test_images_repeated_for_each_caption_are_told_how_to_thin_them():
    split = load_split(F)
    repeated = [image for image in split.image_ids for _ in range(5)]
    assert "scores[::5]" in (explain_ids(split, repeated) or "")


def test_entities_images_are_named_with_and_without_their_suffix():
    split = load_split(F)
    ids = [*(image.removesuffix(".jpg") for image in split.image_ids[:25]), *map(str, range(975))]
    assert "Flickr30k Entities" in (explain_ids(split, ids) or "")
    assert "Flickr30k Entities" in (explain_ids(split, [f"{number}.jpg" for number in ids]) or "")
    assert explain_ids(split, ids[:-1]) is None


def test_images_of_the_other_subset_are_named():
    test, val = load_split(F), load_split("flickr30k/karpathy-val")
    assert "look like Karpathy's validation images" in (explain_ids(test, val.image_ids) or "")
    assert "look like Karpathy's test images" in (explain_ids(val, test.image_ids) or "")
    assert explain_ids(test, ["1.jpg"]) is None


def test_caption_ids_of_the_other_pool_are_named():
    a, b = load_split(A), load_split(B)
    assert explain_ids(a, a.image_ids, b.caption_ids) == (
        f"Captions named by image and position, like '391895#0', are those of {B}."
    )
    assert explain_ids(b, None, a.caption_ids) == f"Captions named by annotation ids, like '770337', are those of {A}."


def test_missing_sixth_captions_are_named():
    b = load_split(B)
    five = [caption for caption in b.caption_ids if not caption.endswith("#5")]
    assert explain_ids(b, b.image_ids, five) == FIVE_OF_EACH
    assert explain_ids(b, None, [c for c in b.caption_ids if c != f"{b.image_ids[83]}#5"]) == DEFECTIVE_COPY
    assert explain_ids(b, None, b.caption_ids[1:]) is None
    assert explain_ids(b, b.image_ids, b.caption_ids) is None


def test_a_users_own_split_has_no_named_traps_but_the_general_ones():
    flickr = load_split(F)
    split = split_in_blocks("my/test", flickr.dataset, image_ids=["a", "b"], counts=[2, 1])
    assert explain_ids(split, ["a", "q"], ["x"]) is None
    assert explain_ids(split) is None
    assert explain_shape(split, (3, 3)) is not None
    assert explain_shape(split, (2, 4)) is None


def test_one_caption_an_image_is_an_ordinary_square():
    split = Split("my/test", load_split(F).dataset, ("a", "b"), ("x", "y"), np.array([[0, 0], [1, 1]]))
    assert explain_shape(split, (2, 2)) is None
