"""Flickr30k's test images: read with nothing at hand, proved from public copies, not mistaken for Entities."""

import json

import pytest

from splits import SPLITS, SplitError, load_split

NAME = "flickr30k/karpathy-test"


def save(tmp_path, content):
    path = tmp_path / "copy"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def told(path, name=NAME):
    with pytest.raises(SplitError) as caught:
        SPLITS[name].build(path)
    return str(caught.value).replace(str(path), "FILE")


def test_the_split_reads_with_nothing_at_hand():
    split = load_split(NAME)
    assert (split.n_images, split.n_captions) == (1000, 5000)
    assert (split.image_ids[0], split.caption_ids[:6:5]) == ("1007129816.jpg", ("1007129816.jpg#0", "1009434119.jpg#0"))
    assert load_split("flickr30k/karpathy-val").n_captions == 5070
    assert not set(split.image_ids) & set(load_split("flickr30k/karpathy-val").image_ids)


def test_public_layouts_prove_the_pinned_digest(tmp_path):
    ids = load_split(NAME).image_ids
    copies = [
        [{"image": f"flickr30k-images/{image}", "caption": [""] * 5} for image in ids],
        {"images": [{"filename": i, "split": "test", "sentences": [{"sentid": n} for n in range(5)]} for i in ids]},
        "\n".join(json.dumps({"sentences": [""] * 5, "id": image[:-4], "img_path": image}) for image in ids),
        "\n".join(ids),
        "\n".join(image.removesuffix(".jpg") for image in ids),
    ]
    for copy in copies:
        assert SPLITS[NAME].build(save(tmp_path, copy)).digest == SPLITS[NAME].digest


def test_an_image_without_its_fifth_caption_is_named(tmp_path):
    copy = [{"image": image, "caption": [""] * 5} for image in load_split(NAME).image_ids]
    copy[3]["caption"].pop()
    assert "Missing: 1 of the 5,000 captions of flickr30k/karpathy-test, first '102617084.jpg#4'" in told(
        save(tmp_path, copy)
    )


def test_another_order_is_refused(tmp_path):
    assert "in another order, first at position 0" in told(save(tmp_path, "\n".join(load_split(NAME).image_ids[::-1])))


def test_a_list_that_shares_25_images_is_the_one_of_entities(tmp_path):
    ids = load_split(NAME).image_ids[:25] + tuple(f"{n}.jpg" for n in range(975))
    assert "This is the test list of Flickr30k Entities, which shares only 25 images" in told(
        save(tmp_path, "\n".join(ids))
    )


def test_the_validation_images_are_not_taken_for_the_test_images(tmp_path):
    ids = load_split("flickr30k/karpathy-val").image_ids
    assert "They look like Karpathy's validation images" in told(save(tmp_path, "\n".join(ids)))


def test_a_file_without_the_subset_is_refused(tmp_path):
    assert told(save(tmp_path, {"images": []})) == "FILE is Karpathy's JSON without any image of the subset 'test'."


def test_texts_are_no_image_names(tmp_path):
    assert told(save(tmp_path, "A dog .")) == "FILE: 'A' is not the name of a Flickr30k image, such as 1007129816.jpg."


@pytest.mark.real_data
class TestAgainstRealCopies:
    @pytest.mark.parametrize(
        ("name", "file"),
        [
            (NAME, "iglue_test_ann.jsonl"),
            (NAME, "multi30k_test_2016_images.txt"),
            ("flickr30k/karpathy-val", "iglue_valid_ann.jsonl"),
            ("flickr30k/karpathy-val", "multi30k_val_images.txt"),
        ],
    )
    def test_two_independent_sources_prove_each_digest(self, name, file, shared_data):
        assert SPLITS[name].build(shared_data / "flickr30k" / file).digest == SPLITS[name].digest

    def test_the_entities_list_is_refused_by_name(self, shared_data):
        message = told(shared_data / "flickr30k" / "NOT_KARPATHY_entities_test.txt")
        assert "This is the test list of Flickr30k Entities" in message
