"""One caption per image: the draw depends on the seed and the image's id, and on nothing else."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from splits import Centricity, Dataset, Split
from splits.blocks import split_in_blocks
from splits.caption_draw import draw_captions, first_captions, place, with_captions

PHOTOS = Dataset("my-photos", "My photos", Centricity.SCENE, "CC0-1.0", "me", "here")


def blocks(images, counts):
    return split_in_blocks("my-photos/test", PHOTOS, image_ids=images, counts=counts)


def drawn_ids(split, seed):
    return [split.caption_ids[caption] for caption in draw_captions(split, seed).tolist()]


@given(st.integers(0, 2**32), st.text(min_size=1, max_size=20).filter(str.isprintable), st.integers(1, 50))
def test_the_place_is_the_first_64_bits_of_a_sha256_scaled_to_the_number_of_captions(seed, image, count):
    bits = int(hashlib.sha256(f"{seed}:{image}".encode()).hexdigest()[:16], 16)
    assert place(seed, image, count) == bits * count // 2**64
    assert 0 <= place(seed, image, count) < count


def test_the_same_seed_draws_the_same_and_another_seed_draws_others():
    split = blocks([f"image{n}" for n in range(200)], [5] * 200)
    assert drawn_ids(split, 3) == drawn_ids(split, 3)
    assert drawn_ids(split, 3) != drawn_ids(split, 4)


def test_every_image_has_one_caption_of_its_own_in_canonical_order():
    split = blocks(["a", "b", "c"], [5, 1, 3])
    drawn = draw_captions(split, 0)
    assert split.image_of_caption[drawn].tolist() == [0, 1, 2]
    assert (np.diff(drawn) > 0).all()


def test_adding_removing_and_reordering_images_moves_no_other_draw():
    images, counts = [f"image{n}" for n in range(60)], [2 + n % 4 for n in range(60)]
    full = drawn_ids(blocks(images, counts), 7)
    assert drawn_ids(blocks(images[::2], counts[::2]), 7) == full[::2]
    assert drawn_ids(blocks(images[::-1], counts[::-1]), 7) == full[::-1]


def test_every_caption_of_an_image_is_drawn_equally_often_over_seeds_and_over_images():
    over_seeds = np.bincount([place(seed, "391895", 5) for seed in range(5000)], minlength=5)
    over_images = np.bincount([place(0, str(image), 5) for image in range(5000)], minlength=5)
    for counts in (over_seeds, over_images):
        # The deviation of a count is 28; five of them are never seen.
        assert abs(counts - 1000).max() < 5 * 28


def shared():
    """Image a has captions 0 and 1; caption 1 fits b as well, b has none of its own; c has 2."""
    pairs = np.array([[0, 0], [1, 0], [1, 1], [2, 2]])
    return Split("my-photos/test", PHOTOS, ("a", "b", "c"), ("0", "1", "2"), pairs)


@pytest.mark.parametrize("seed", range(20))
def test_an_image_without_a_caption_of_its_own_draws_from_those_that_fit_it(seed):
    split = shared()
    drawn = set(draw_captions(split, seed).tolist())
    assert {1, 2} <= drawn
    assert (0 in drawn) == (place(seed, "a", 2) == 0)


def test_a_caption_that_fits_several_images_is_drawn_for_the_first_of_them_only():
    pairs = np.array([[0, 0], [0, 1], [1, 1]])
    split = Split("my-photos/test", PHOTOS, ("a", "b"), ("0", "1"), pairs)
    assert all(draw_captions(split, seed).tolist() == [0, 1] for seed in range(20))


def test_a_split_with_some_captions_keeps_order_pairs_and_provenance():
    kept = with_captions(shared(), np.array([1, 2]))
    assert (kept.image_ids, kept.caption_ids) == (("a", "b", "c"), ("1", "2"))
    assert kept.pairs.tolist() == [[0, 0], [0, 1], [1, 2]]
    assert (kept.name, kept.dataset) == ("my-photos/test", PHOTOS)
    assert kept.digest != shared().digest


def test_a_split_with_all_its_captions_is_the_same_split():
    assert with_captions(shared(), np.arange(3)).digest == shared().digest


def test_one_caption_per_image_of_a_real_split_leaves_every_image_in():
    from splits import load_split

    split = load_split("coco/karpathy-test-25010")
    kept = with_captions(split, draw_captions(split, 0))
    assert kept.image_ids == split.image_ids
    assert kept.n_captions == 5000
    assert kept.image_of_caption.tolist() == list(range(5000))


def test_the_first_captions_of_an_image_are_its_own_and_no_other_s_that_fit_it():
    # Caption 1 was written for image 0 and fits image 1 too; the own captions of image 1 are 2 to 4.
    pairs = np.array([[0, 0], [1, 0], [1, 1], [2, 1], [3, 1], [4, 1]])
    split = Split("my-photos/test", PHOTOS, ("a", "b"), tuple("vwxyz"), pairs)
    assert first_captions(split, 1).tolist() == [0, 2]
    assert first_captions(split, 2).tolist() == [0, 1, 2, 3]
