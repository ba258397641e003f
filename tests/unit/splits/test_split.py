"""What a split is checked for when it is built, and the judgments it yields."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from splits import ORIGINAL, Centricity, Dataset, Direction, Judgments, Relevance, Split, SplitError, UnknownNameError

BIRDS = Dataset("birds", "Birds", Centricity.OBJECT, "none", "nobody", "nowhere")


def birds(images=("a", "b"), captions=("x", "y", "z"), pairs=((0, 0), (1, 0), (2, 1)), **more):
    return Split("birds/test", BIRDS, tuple(images), tuple(captions), np.array(pairs), **more)


def test_a_split_knows_its_counts_kind_and_owners():
    split = birds()
    assert (split.n_images, split.n_captions, split.centricity) == (2, 3, Centricity.OBJECT)
    assert split.image_of_caption.tolist() == [0, 0, 1]


def test_pairs_are_sorted_so_that_their_order_in_a_file_does_not_matter():
    assert birds(pairs=((2, 1), (1, 0), (0, 0))).digest == birds().digest


def test_a_captions_first_image_is_the_first_in_canonical_order_whichever_was_listed_first():
    split = birds(pairs=((0, 1), (0, 0), (1, 0), (2, 1)))
    assert split.pairs.tolist() == [[0, 0], [0, 1], [1, 0], [2, 1]]
    assert split.image_of_caption.tolist() == [0, 0, 1]
    assert split.digest == birds(pairs=((0, 0), (0, 1), (1, 0), (2, 1))).digest


def test_the_digest_can_be_reproduced_with_ten_lines_of_standard_python():
    document = {"images": ["ä", "b"], "captions": ["x", "y", "z"], "pairs": [[0, 0], [1, 0], [2, 1]]}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert birds(images=("ä", "b")).digest == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_the_digest_covers_ids_order_and_pairs():
    digests = {
        birds().digest,
        birds(images=("b", "a")).digest,
        birds(captions=("x", "z", "y")).digest,
        birds(images=("a", "c")).digest,
        birds(pairs=((0, 0), (1, 1), (2, 1))).digest,
    }
    assert len(digests) == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": ()}, "Split birds/test has no images; it needs at least one."),
        ({"captions": ()}, "Split birds/test has no captions; it needs at least one."),
        (
            {"captions": ("x", "y", "x")},
            "Split birds/test: 1 of 3 captions repeat an id, first 'x'. Give every one its own id.",
        ),
        (
            {"pairs": ((0, 0), (1, 0), (2, 0))},
            (
                "Split birds/test: 1 images are in no pair, first 'b'. Every image needs a caption and every caption an"
                " image: add the pair, or leave the id out."
            ),
        ),
        (
            {"pairs": ((0, 0), (2, 1))},
            (
                "Split birds/test: 1 captions are in no pair, first 'y'. Every image needs a caption and every caption"
                " an image: add the pair, or leave the id out."
            ),
        ),
    ],
)
def test_an_inconsistent_split_is_refused(change, message):
    with pytest.raises(SplitError) as caught:
        birds(**change)
    assert str(caught.value) == message


def test_the_original_judgments_are_the_pairs_in_both_directions():
    judgments = birds(pairs=((0, 0), (1, 0), (2, 1), (2, 0))).judgments()
    assert judgments.name == ORIGINAL
    assert judgments.towards(Direction.I2T).candidates.tolist() == [0, 1, 2, 2]
    assert judgments.towards(Direction.T2I).offsets.tolist() == [0, 1, 2, 4]
    assert judgments.i2t.n_queries == 2
    assert judgments.i2t.query_of_candidate.tolist() == [0, 0, 0, 1]


def test_further_judgments_are_found_by_name_and_others_are_refused():
    split = birds(extended={"more": lambda split: Judgments("more", split.judgments().i2t, split.judgments().t2i)})
    assert split.judgments("more").name == "more"
    assert split.judgments("more").digest != split.judgments().digest
    with pytest.raises(UnknownNameError, match=r"There is no set of judgments named 'mor'. Did you mean more"):
        split.judgments("mor")


def test_repeated_judgments_count_once_and_unjudged_queries_are_not_asked():
    relevance = Relevance.from_pairs(np.array([2, 2, 0]), np.array([1, 1, 3]), 3, 4)
    assert relevance.asked.tolist() == [0, 2]
    assert relevance.n_relevant.tolist() == [1, 0, 1]


def test_a_judgment_outside_the_gallery_is_refused():
    with pytest.raises(SplitError, match=r"names a candidate outside the gallery"):
        Relevance(np.array([0, 1]), np.array([4]), 4, np.array([1]))


def test_a_query_whose_relevant_candidates_all_lie_outside_the_gallery_is_refused():
    with pytest.raises(
        SplitError, match=r"1 queries have relevant candidates, but none in the gallery; first query num"
    ):
        Relevance.from_pairs(np.array([0]), np.array([0]), 2, 1, outside=np.array([0, 2]))


@given(st.data())
def test_restricting_judgments_gives_those_between_the_chosen_and_no_others(data):
    pairs = data.draw(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 7)), min_size=1))
    queries = data.draw(st.lists(st.integers(0, 5), unique=True))
    candidates = data.draw(st.lists(st.integers(0, 7), unique=True))
    full = Relevance.from_pairs(*np.array(sorted(pairs)).T, 6, 8)
    few = full.among(np.array(queries, dtype=np.int64), np.array(candidates, dtype=np.int64))
    found = {(queries[q], candidates[c]) for q, c in zip(few.query_of_candidate, few.candidates, strict=True)}
    assert found == {(q, c) for q, c in pairs if q in queries and c in candidates}
