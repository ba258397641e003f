"""A user's own split: what is accepted, and what each mistake is told."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from splits import SPLITS, Centricity, RematchError, SplitError, load_split
from splits import documents as documents_module
from splits.split_file import read_split_file, write_split_file

GOOD = {
    "name": "my/test",
    "centricity": "scene",
    "images": ["a", "b"],
    "captions": [1, 2, "3"],
    "pairs": [[1, "a"], ["2", "a"], [3, "b"]],
}


def save(tmp_path, document, name="mine.json"):
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def told(path):
    with pytest.raises(SplitError) as caught:
        load_split(path)
    assert isinstance(caught.value, RematchError)
    return str(caught.value).replace(str(path), "FILE")


def test_a_good_file_is_a_split(tmp_path):
    split = load_split(save(tmp_path, {**GOOD, "licence": "CC0-1.0", "citation": "us", "source": "here"}))
    assert (split.name, split.dataset.name, split.centricity) == ("my/test", "my", Centricity.SCENE)
    assert split.caption_ids == ("1", "2", "3")
    assert split.pairs.tolist() == [[0, 0], [1, 0], [2, 1]]
    assert (split.dataset.licence, split.dataset.citation, split.dataset.source) == ("CC0-1.0", "us", "here")


def test_what_is_not_stated_is_said_to_be_not_stated(tmp_path):
    assert load_split(str(save(tmp_path, GOOD))).dataset.licence == "not stated"


def test_a_layout_is_kept_and_is_no_part_of_the_digest(tmp_path):
    plain = load_split(save(tmp_path, GOOD))
    split = load_split(save(tmp_path, {**GOOD, "layout": "cub200"}))
    assert (split.dataset.layout, plain.dataset.layout) == ("cub200", None)
    assert split.digest == plain.digest
    write_split_file(split, tmp_path / "again.json")
    assert load_split(tmp_path / "again.json").dataset == split.dataset


def test_a_path_without_the_json_ending_is_read_too(tmp_path):
    assert load_split(str(save(tmp_path, GOOD, "mine.split"))).name == "my/test"


def test_a_caption_may_belong_to_two_images(tmp_path):
    split = load_split(save(tmp_path, {**GOOD, "pairs": [*GOOD["pairs"], [3, "a"]]}))
    assert split.judgments().t2i.n_relevant.tolist() == [1, 1, 2]


WRONG = {
    "a number": (
        "7",
        "FILE holds the number 7, a split file is an object with the keys name, centricity, images, captions, pairs.",
    ),
    "a list": (
        "[]",
        "FILE holds a list, a split file is an object with the keys name, centricity, images, captions, pairs.",
    ),
    "no JSON": (
        "{name: 1}",
        "FILE is not JSON: Expecting property name enclosed in double quotes at line 1, column 2.",
    ),
    "cut off": (
        '{"name": "my/test", "images": ["a"',
        "FILE is not JSON: Expecting ',' delimiter at line 1, column 35.",
    ),
    "too deep": ("[" * 200_000, "FILE is not usable JSON: a number is too long, or it is nested too deeply."),
    "a huge number": ("9" * 5000, "FILE is not usable JSON: a number is too long, or it is nested too deeply."),
    "a key twice": ('{"name": "a/b", "name": "a/c"}', "FILE gives the key 'name' twice. Keep one of them."),
    "keys missing": (
        {"name": "my/test", "images": []},
        "FILE lacks 'centricity', 'captions', 'pairs'; a split file needs name, centricity, images, captions, pairs.",
    ),
    "an unknown key": (
        {**GOOD, "license": "CC0"},
        (
            "FILE has the unknown key 'license'. Did you mean licence? Needed: name, centricity, images, captions,"
            " pairs. Allowed: licence, citation, source, layout, digest."
        ),
    ),
    "an unknown layout": (
        {**GOOD, "layout": "cub-200"},
        (
            "FILE: 'layout' is 'cub-200', expected the name of a dataset whose layout is known. Did you mean cub200?"
            " Known names: abo, coco, cub200, fashion200k, flickr30k, toy-object, toy-scene. Without the key, the"
            " folder of the split's own dataset is read."
        ),
    ),
    "a layout that is no text": (
        {**GOOD, "layout": 3},
        (
            "FILE: 'layout' is 3, expected the name of a dataset whose layout is known. Known names: abo, coco, cub200,"
            " fashion200k, flickr30k, toy-object, toy-scene. Without the key, the folder of the split's own dataset is"
            " read."
        ),
    ),
    "upper case": (
        {**GOOD, "name": "My/Test"},
        (
            "FILE: 'name' is 'My/Test', expected a dataset and a split such as 'my-photos/test': lower-case letters,"
            " digits and hyphens, one slash, at most 100 characters."
        ),
    ),
    "centricity misspelt": (
        {**GOOD, "centricity": "objects"},
        (
            "FILE: 'centricity' is 'objects', expected 'scene' or 'object'. Did you mean object?"
            " Scene: pictures of several things; object: one thing in each."
        ),
    ),
    "centricity of another type": (
        {**GOOD, "centricity": None},
        (
            "FILE: 'centricity' is None, expected 'scene' or 'object'."
            " Scene: pictures of several things; object: one thing in each."
        ),
    ),
    "licence that would steer a terminal": (
        {**GOOD, "licence": "\x1b[31mred"},
        r"FILE: 'licence' is '\x1b[31mred', with a control character; give printable text.",
    ),
    "citation without a form in UTF-8": (
        {**GOOD, "citation": "\ud800"},
        r"FILE: 'citation' is '\ud800', with a control character; give printable text.",
    ),
    "licence of another type": ({**GOOD, "licence": {}}, "FILE: 'licence' is an object, expected text."),
    "images no list": ({**GOOD, "images": "a"}, "FILE: 'images' is text, expected a list of ids."),
    "a float id": (
        {**GOOD, "images": ["a", 1.5]},
        "FILE: 'images', position 1: the id is the number 1.5, expected text or a whole number.",
    ),
    "a boolean id": (
        {**GOOD, "captions": [True]},
        "FILE: 'captions', position 0: the id is true or false, expected text or a whole number.",
    ),
    "an empty id": (
        {**GOOD, "images": ["a", ""]},
        "FILE: 'images', position 1: the id '' is empty or has a control character; give it a printable one.",
    ),
    "half a character": (
        json.dumps({**GOOD, "images": ["a", "\ud800"]}),
        "FILE: 'images', position 1: the id '\\ud800' is empty or has a control character; give it a printable one.",
    ),
    "ids equal as text": (
        {**GOOD, "captions": [1, "1", 2, 3]},
        "Split my/test: 1 of 4 captions repeat an id, first '1'. Give every one its own id.",
    ),
    "no images": (
        {**GOOD, "images": [], "pairs": []},
        "Split my/test has no images; it needs at least one.",
    ),
    "pairs no list": (
        {**GOOD, "pairs": {}},
        "FILE: 'pairs' is an object, expected a list of [caption id, image id].",
    ),
    "a pair of three": (
        {**GOOD, "pairs": [[1, "a", "b"]]},
        "FILE: 'pairs', position 0: found a list, expected [caption id, image id].",
    ),
    "a pair of an unknown image": (
        {**GOOD, "pairs": [[1, "a"], [2, "q"]]},
        "FILE: 'pairs', position 1: the id 'q' is not in 'images'. Add it there, or remove the pair.",
    ),
    "a pair of an unknown caption": (
        {**GOOD, "pairs": [[9, "a"]]},
        "FILE: 'pairs', position 0: the id '9' is not in 'captions'. Add it there, or remove the pair.",
    ),
    "a pair the wrong way round": (
        {**GOOD, "pairs": [["a", 1]]},
        "FILE: 'pairs', position 0: ['a', '1'] is [image id, caption id]; write the caption first.",
    ),
    "a pair twice": (
        {**GOOD, "pairs": [[1, "a"], [2, "a"], ["1", "a"]]},
        "FILE: 'pairs', position 2: ['1', 'a'] repeats position 0. Remove one of them.",
    ),
    "a caption without an image": (
        {**GOOD, "pairs": [[1, "a"], [2, "b"]]},
        (
            "Split my/test: 1 captions are in no pair, first '3'. Every image needs a caption and every caption an"
            " image: add the pair, or leave the id out."
        ),
    ),
    "another digest": (
        {**GOOD, "digest": "sha256:0"},
        (
            "FILE states the digest sha256:0, its content has sha256:8f9d. The file was changed or damaged: obtain it"
            " again, or remove the key 'digest' if the change is meant."
        ),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_mistake_has_its_own_message(case, tmp_path):
    document, message = WRONG[case]
    path = save(tmp_path, document)
    if case == "another digest":
        message = message.replace("sha256:8f9d", load_split(save(tmp_path, GOOD, "good.json")).digest)
    assert told(path) == message


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "mine.json"
    path.write_bytes(b'{"name": "\xff"}')
    assert told(path) == "FILE is not JSON: byte 10 is not UTF-8 text."


def test_a_missing_file_is_named(tmp_path):
    assert told(tmp_path / "none.json") == "There is no file FILE. Check the path; it is taken from the current folder."


def test_a_folder_is_no_split_file(tmp_path):
    assert told(tmp_path) == "FILE is a folder, a file was expected. Name the file itself."


def test_a_device_is_no_split_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    assert told(tmp_path / "pipe.json") == "FILE is no regular file, a file was expected. Name the file itself."


def test_a_path_too_long_for_the_system_is_an_ordinary_error():
    with pytest.raises(SplitError, match=r"cannot be read: File name too long"):
        load_split("x" * 5000 + ".json")
    with pytest.raises(RematchError, match=r"There is no split named"):
        load_split("x" * 5000)


def test_a_path_with_a_null_character_is_an_ordinary_error():
    with pytest.raises(SplitError, match=r"There is no file"):
        load_split("a\0b.json")


def test_a_file_beyond_the_bound_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(documents_module, "MAX_BYTES", 2**20)
    path = save(tmp_path, " " * (2**20 + 1))
    assert told(path) == "FILE has more than 1 MB; no file of a split is that large."


def test_a_written_file_comes_back_the_same(tmp_path):
    split = load_split(save(tmp_path, {**GOOD, "source": "here"}))
    path = tmp_path / "deep" / "folder" / "copy.json"
    write_split_file(split, path)
    copy = read_split_file(path)
    assert (copy.digest, copy.dataset) == (split.digest, split.dataset)
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


IDS = st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1), min_size=1, max_size=5, unique=True)


@given(images=IDS, captions=IDS)
def test_any_printable_ids_survive_writing_and_reading(images, captions, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    pairs = [[caption, image] for caption in captions for image in images]
    path = save(
        folder, {"name": "my/test", "centricity": "object", "images": images, "captions": captions, "pairs": pairs}
    )
    split = load_split(path)
    write_split_file(split, folder / "copy.json")
    assert load_split(folder / "copy.json").digest == split.digest


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    split = load_split(save(tmp_path, GOOD))
    (tmp_path / "file").touch()
    with pytest.raises(SplitError, match=r"file/mine.json cannot be written: .* Choose another place"):
        write_split_file(split, tmp_path / "file" / "mine.json")


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    split = load_split(save(tmp_path, GOOD))
    target = tmp_path / "taken"
    (target / "inside").mkdir(parents=True)
    with pytest.raises(SplitError, match=r"taken cannot be written: .* Choose another place"):
        write_split_file(split, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json", "taken"]


class TestAFileThatCallsItselfLikeASplitOfTheCatalogue:
    @pytest.fixture
    def official(self, tmp_path):
        path = tmp_path / "official.json"
        write_split_file(load_split("flickr30k/karpathy-val"), path)
        return {key: value for key, value in json.loads(path.read_text()).items() if key != "digest"}

    def test_is_that_split_when_it_is_the_same(self, official, tmp_path):
        split = load_split(save(tmp_path, official))
        assert split.digest == SPLITS["flickr30k/karpathy-val"].digest
        assert split.dataset is SPLITS["flickr30k/karpathy-val"].dataset

    def test_is_refused_in_another_order(self, official, tmp_path):
        official["images"][7], official["images"][8] = official["images"][8], official["images"][7]
        assert told(save(tmp_path, official)) == (
            "FILE calls itself flickr30k/karpathy-val, but is not that split. It has the 1,014 images of"
            " flickr30k/karpathy-val in another order, first at position 7: expected '1072439304.jpg', found"
            " '1056873310.jpg'. Order is part of a split. Give your own split another name."
        ).replace(
            "'1072439304.jpg', found '1056873310.jpg'", f"{official['images'][8]!r}, found {official['images'][7]!r}"
        )

    def test_is_refused_with_captions_of_its_own(self, official, tmp_path):
        official["captions"][3] = "mine"
        official["pairs"][3][0] = "mine"
        message = told(save(tmp_path, official))
        assert "Not in flickr30k/karpathy-val: 1 of its 5,070 captions, first 'mine' at position 3." in message
        assert "Missing: 1 of the 5,070 captions of flickr30k/karpathy-val, first '1018148011.jpg#3' of" in message

    def test_is_refused_with_other_pairs(self, official, tmp_path):
        official["pairs"].append([official["captions"][0], official["images"][5]])
        assert (
            "It has the images and captions of flickr30k/karpathy-val, but 1 pairs differ, first caption"
            f" '1018148011.jpg#0' with image {official['images'][5]!r}, only in the file. Give your own"
        ) in told(save(tmp_path, official))

    def test_is_refused_without_one_of_the_pairs(self, tmp_path):
        path = tmp_path / "toy.json"
        split = load_split("toy-scene/test")
        write_split_file(split, path)
        document = json.loads(path.read_text())
        del document["digest"]
        shared = next(i for i, (a, b) in enumerate(zip(split.pairs, split.pairs[1:], strict=False)) if a[0] == b[0])
        del document["pairs"][shared]
        assert "1 pairs differ" in told(save(tmp_path, document))
        assert "only in the official split" in told(save(tmp_path, document))

    def test_is_told_of_a_known_trap(self, official, tmp_path):
        official["images"] = [image.removesuffix(".jpg") for image in official["images"]]
        official["pairs"] = [[caption, image.removesuffix(".jpg")] for caption, image in official["pairs"]]
        assert "Image ids of flickr30k/karpathy-val are written like '1018148011.jpg'" in told(save(tmp_path, official))

    def test_is_refused_when_its_counts_cannot_be_those_of_a_split_that_is_not_built(self, tmp_path):
        assert told(save(tmp_path, {**GOOD, "name": "cub200/test"})) == (
            "FILE has 2 images, cub200/test has 5,794. Build it from the official files, or give your own split"
            " another name."
        )

    def test_gets_the_provenance_of_the_catalogue_when_the_split_is_not_built(self, tmp_path):
        split = load_split(save(tmp_path, {**GOOD, "name": "fashion200k/test", "licence": "mine"}))
        assert split.dataset is SPLITS["fashion200k/test"].dataset
