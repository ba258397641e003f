"""Annotation files are told apart by their content, and an incomplete entry is named with its place."""

import json

import pytest

from splits import SplitError
from splits.annotations import Layout, read_annotations

LIST = [{"image": "val2014/one.jpg", "caption": ["a", "b"]}, {"image": "two.jpg", "caption": "c"}]
KARPATHY = {
    "images": [
        {"filename": "one.jpg", "split": "test", "sentences": [{"sentid": 4}, {"sentid": 2}]},
        {"filename": "two.jpg", "split": "train", "sentences": [{"sentid": 7}]},
    ],
    "dataset": "any",
}
OFFICIAL = {
    "images": [{"id": 9, "file_name": "nine.jpg"}, {"id": 8, "file_name": "eight.jpg"}],
    "annotations": [{"image_id": 9, "id": 5}, {"image_id": 9, "id": 3}],
}
LINES = '{"sentences": ["a", "b"], "id": "1", "img_path": "one.jpg"}\n\n{"sentences": ["c"], "img_path": "two.jpg"}\n'


def read(tmp_path, content, **more):
    path = tmp_path / "annotations"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_annotations(path, **more)


TOKENS = "one.jpg#0\ta\u2028b\r\none.jpg#1\tc\ntwo.jpg.1#0\td\n"
WITH_TEXTS = {
    "images": [{"filename": "one.jpg", "split": "val", "sentences": [{"sentid": 4, "raw": "a"}, {"sentid": 2}]}]
}
OFFICIAL_WITH_TEXTS = {
    "images": [{"id": 9, "file_name": "nine.jpg"}],
    "annotations": [{"image_id": 9, "id": 5, "caption": "b"}, {"image_id": 9, "id": 3, "caption": "a"}],
}


@pytest.mark.parametrize(
    ("content", "layout", "images"),
    [
        (LIST, Layout.LIST, [("one.jpg", 2, ()), ("two.jpg", 1, ())]),
        (KARPATHY, Layout.KARPATHY, [("one.jpg", 2, (4, 2))]),
        (json.dumps(KARPATHY, indent=1), Layout.KARPATHY, [("one.jpg", 2, (4, 2))]),
        (OFFICIAL, Layout.OFFICIAL_COCO, [("nine.jpg", 2, (3, 5)), ("eight.jpg", 0, ())]),
        (LINES, Layout.JSON_LINES, [("one.jpg", 2, ()), ("two.jpg", 1, ())]),
        (TOKENS, Layout.TOKENS, [("one.jpg", 2, ()), ("two.jpg.1", 1, ())]),
        ("val\\one.jpg 17\n\ntwo.jpg\n", Layout.NAMES, [("one.jpg", None, ()), ("two.jpg", None, ())]),
    ],
)
def test_every_public_layout_is_recognised(content, layout, images, tmp_path):
    found = read(tmp_path, content)
    assert found.layout is layout
    assert [(image.file_name, image.n_captions, image.caption_ids) for image in found.images] == images


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (LIST, [("a", "b"), ("c",)]),
        ([{"image": "one.jpg", "caption": ["a", 3]}], [("a", None)]),
        (LINES, [("a", "b"), ("c",)]),
        (WITH_TEXTS, [("a", None)]),
        (OFFICIAL, [(None, None), ()]),
        (OFFICIAL_WITH_TEXTS, [("a", "b")]),
        (TOKENS.encode(), [("a\u2028b", "c"), ("d",)]),
        ("one.jpg\n", [()]),
    ],
)
def test_texts_come_in_the_order_of_their_captions(content, texts, tmp_path):
    assert [image.texts for image in read(tmp_path, content, subset=None).images] == texts


def test_the_subset_is_chosen_where_the_file_marks_it(tmp_path):
    assert [image.file_name for image in read(tmp_path, KARPATHY, subset="train").images] == ["two.jpg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x93NUMPY", "FILE is neither JSON nor a list of image names: byte 0 is not text."),
        ([{"image": "a"}], "FILE, position 0: expected an object with the key 'caption'. Is it the annotation file"),
        (["a"], "FILE, position 0: expected an object with the key 'image'."),
        ({"images": 3}, "FILE: 'images' is of type int, which does not fit there."),
        ({"images": [{"split": "test"}]}, "FILE, 'images', position 0: expected an object with the key 'sentences'."),
        ({"images": [], "annotations": [{}]}, "FILE, 'annotations', position 0: expected an object with the key 'imag"),
        ("a.jpg#0\ta\nb.jpg\n", "FILE, line 2: found 'b.jpg', expected image#position, a tab and a caption."),
        ("a.jpg#0\ta\na.jpg#0\tb\n", "FILE, line 2: found caption 0 of 'a.jpg', expected its caption 1. Obtain"),
        (LINES + "{", "FILE, line 4 is not JSON: Expecting property name"),
        (LINES + '{"img_path": "a"}', "FILE, line 4: expected an object with the key 'sentences'."),
    ],
)
def test_a_file_that_does_not_fit_is_told_where(content, message, tmp_path):
    with pytest.raises(SplitError) as caught:
        read(tmp_path, content)
    assert str(caught.value).replace(str(tmp_path / "annotations"), "FILE").startswith(message)
