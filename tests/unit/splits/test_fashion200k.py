"""Fashion200k: built from the official label files, with nothing left out in silence."""

import json

import pytest

from splits import SPLITS, SplitError
from splits.datasets.fashion200k import CATEGORIES, build_test


def labels(folder, **lines):
    for category in CATEGORIES:
        text = lines.get(
            category,
            f"women/{category}/1/1_0.jpeg\t0.9\ta {category}\nwomen/{category}/1/1_1.jpeg\t0.8\ta {category}\n",
        )
        if text is not None:
            (folder / f"{category}_test_detect_all.txt").write_text(text)
    (folder / "dress_train_detect_all.txt").write_text("not read")
    return folder


def told(folder):
    with pytest.raises(SplitError) as caught:
        build_test(folder)
    return str(caught.value).replace(str(folder), "FOLDER")


def test_every_line_of_the_five_test_files_is_an_image_with_one_caption(tmp_path):
    (tmp_path / "labels").mkdir()
    labels(tmp_path / "labels")
    split = SPLITS["fashion200k/test"].build(tmp_path)
    assert (split.n_images, split.n_captions) == (10, 10)
    assert split.image_ids[:3] == ("women/dress/1/1_0.jpeg", "women/dress/1/1_1.jpeg", "women/jacket/1/1_0.jpeg")
    assert split.caption_ids[0] == "women/dress/1/1_0.jpeg#0"


def test_missing_categories_are_named(tmp_path):
    message = told(labels(tmp_path, skirt=None, top=None))
    assert message.startswith("FOLDER has no test labels of skirt, top; 3 of 5 categories are there. Obtain the folder")


def test_two_files_of_one_category_are_not_mixed(tmp_path):
    (labels(tmp_path) / "dress_test_mine.txt").touch()
    assert told(tmp_path) == (
        "FOLDER has dress_test_detect_all.txt and dress_test_mine.txt for one category; keep the official one."
    )


@pytest.mark.parametrize("line", ["a.jpeg 0.9 words", "a.jpeg\t0.9", "\t0.9\twords", "a.jpeg\t0.9\t ", ""])
def test_an_incomplete_line_is_named(line, tmp_path):
    message = told(labels(tmp_path, pants=f"b.jpeg\t0.9\twords\n{line}\n"))
    assert message == (
        f"FOLDER/pants_test_detect_all.txt, line 2: found {line!r}, expected image path, detection score and"
        " description, parted by tabs."
    )


def test_an_image_listed_twice_is_refused(tmp_path):
    message = told(labels(tmp_path, pants="b.jpeg\t0.9\twords\n" * 2))
    assert message.startswith("Split fashion200k/test: 1 of 10 images repeat an id, first 'b.jpeg'.")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (labels(tmp_path) / "top_test_detect_all.txt").write_bytes(b"a\xff")
    assert told(tmp_path) == "FOLDER/top_test_detect_all.txt: byte 1 is not UTF-8 text. Obtain the file again."


@pytest.mark.real_data
def test_real_test_items_in_the_official_layout_become_a_split(shared_data, tmp_path):
    manifest = json.loads((shared_data / "fashion200k" / "manifest_5000_labels_only.json").read_text())
    test = [item for item in manifest["items"] if item["split"] == "test"]
    for category in CATEGORIES:
        lines = [f"{item['id']}\t0.9\t{item['title']}" for item in test if item["category"] == category]
        (tmp_path / f"{category}_test_detect_all.txt").write_text("\n".join(lines) + "\n")
    split = build_test(tmp_path)
    assert split.n_images == split.n_captions == len(test) == 733
