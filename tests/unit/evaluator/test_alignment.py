"""Ids in any order are followed; any other difference is an error that says how many and which first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.alignment import align, check_digest, read_ids, read_text
from evaluator.container import StoredArray
from evaluator.errors import ScoreFileError
from evaluator.score_format import Reading
from splits import Centricity, Dataset, Split

DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")
SPLIT = Split("made/test", DATASET, ("a", "b", "c"), ("x", "y", "z"), np.array([(0, 0), (1, 1), (2, 2)]))


def stored(values) -> StoredArray:
    array = np.asarray(values)
    return StoredArray(array.shape, array.dtype, lambda: array)


def test_ids_in_canonical_order_leave_no_trace():
    found = align(SPLIT, SPLIT.image_ids, SPLIT.caption_ids)
    assert (found.image_order, found.caption_order, found.notes) == (None, None, ())


def test_no_ids_mean_canonical_order():
    assert align(SPLIT, None, None).image_order is None


@given(st.permutations(["a", "b", "c"]))
def test_an_order_gives_the_canonical_place_of_every_id(ids):
    order = align(SPLIT, ids, None).image_order
    places = range(3) if order is None else order.tolist()
    assert [SPLIT.image_ids[place] for place in places] == ids


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (["a", "b", "b"], r"^`image_ids` repeats 1 id, first 'b' at positions 1 and 2\. List every id once\.$"),
        (["a", "a", "a"], r"^`image_ids` repeats 2 ids, first 'a' at positions 0 and 1\."),
        (["a", "b", "q"], r"^`image_ids` lists 1 id not in made/test, first 'q' at position 2\."),
        (["a", "q", "r"], r"^`image_ids` lists 2 ids not in made/test, first 'q' at position 1\."),
        (["c", "a"], r"^`image_ids` leaves out 1 of the 3 ids of made/test, first 'b'\."),
        ([], r"^`image_ids` leaves out 3 of the 3 ids of made/test, first 'a'\."),
        (["a", "b", "c", "d"], r"^`image_ids` lists 1 id not in made/test, first 'd' at position 3\."),
    ],
)
def test_each_difference_has_its_message(images, message):
    with pytest.raises(ScoreFileError, match=message):
        align(SPLIT, images, None)


def test_known_traps_are_named():
    files = Split("made/test", DATASET, ("000007", "000009"), ("x", "y"), np.array([(0, 0), (1, 1)]))
    with pytest.raises(ScoreFileError, match=r"are written like '000007', not like '7.jpg'"):
        align(files, ["7.jpg", "9.jpg"], None)


@pytest.mark.parametrize("values", [[7, 9], ["7", "9"], [b"7", b"9"], np.array([7, 9], np.uint8)])
def test_ids_may_be_numbers_strings_or_bytes(values):
    assert read_ids({"image_ids": stored(values)}, "image_ids") == ["7", "9"]


def test_absent_ids_are_none():
    assert read_ids({}, "image_ids") is None
    assert read_text({}, "split_digest") is None


@pytest.mark.parametrize("values", [[1.5], [[1]], [True], 3, np.array(["a"], object), [1j]])
def test_ids_of_another_form_are_refused(values):
    with pytest.raises(ScoreFileError, match=r"^`image_ids` (has shape|is an object array)"):
        read_ids({"image_ids": stored(values)}, "image_ids")


@pytest.mark.parametrize("values", ["word", ["word"], b"word"])
def test_a_word_may_stand_alone_or_in_a_list_of_one(values):
    assert read_text({"orientation": stored(values)}, "orientation") == "word"


@pytest.mark.parametrize("values", [["a", "b"], 3, [[["a"]]]])
def test_what_is_no_word_is_refused(values):
    with pytest.raises(ScoreFileError, match="Save one string"):
        read_text({"orientation": stored(values)}, "orientation")


def test_the_right_digest_passes_and_another_is_refused():
    check_digest(SPLIT, Reading(split_digest=SPLIT.digest), {"split_digest": stored(SPLIT.digest)})
    with pytest.raises(ScoreFileError, match=r"^You declare split digest sha256:0, made/test has sha256:"):
        check_digest(SPLIT, Reading(split_digest="sha256:0"), {})
