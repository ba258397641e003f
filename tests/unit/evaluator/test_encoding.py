"""The encoding loop keeps order and bits, says what went wrong, and stops its threads."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from evaluator.encoding.content import encode_content
from evaluator.model import ModelError, UnreadableCaptionError
from evaluator.progress import Progress
from splits.content import DataError
from tests.unit.evaluator.counting_encoder import CountingEncoder, make_content


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("rematch")]


def test_everything_is_encoded_once_and_in_canonical_order():
    encoder, content = CountingEncoder(), make_content(300)
    found = encode_content(encoder, content, batch_size=7)
    assert encoder.images_seen == list(range(300))
    assert tuple(encoder.captions_seen) == content.captions
    assert found.images.shape == (300, 6)
    assert found.captions.shape == (600, 6)
    assert found.images.dtype == found.captions.dtype == np.float32
    red = np.arange(300) % 256
    np.testing.assert_allclose(found.images[:, 0], np.sin(red), atol=1e-4)
    assert found.batch_size == 7
    assert encoder.image_batches == [7] * 42 + [6]
    assert found.images_per_second > 0
    assert found.peak_memory > 0
    assert found.remarks == found.kernels == ()


def test_slow_pictures_keep_their_place():
    class Uneven(CountingEncoder):
        def prepare_image(self, picture):
            threading.Event().wait(0.002 * (picture.getpixel((0, 0))[0] % 5))
            return super().prepare_image(picture)

    encoder = Uneven()
    encode_content(encoder, make_content(60), batch_size=4)
    assert encoder.images_seen == list(range(60))


def test_truncated_captions_are_counted_with_the_prompt_around_them():
    content = make_content(20)
    assert encode_content(CountingEncoder(), content).n_truncated == 0
    found = encode_content(CountingEncoder(), content, prompt="an image of {}")
    assert found.n_truncated == 40
    assert found.prompt == "an image of {}"


def test_a_prompt_goes_around_every_caption():
    encoder = CountingEncoder()
    encode_content(encoder, make_content(2), prompt="a photo of {}, indoors")
    assert encoder.captions_seen[1] == "a photo of caption number 1, indoors"


@pytest.mark.parametrize("prompt", ["", "  ", "{}", " {} ", "a photo of", "{} and {}"])
def test_a_prompt_that_is_not_words_around_one_place_is_refused(prompt):
    with pytest.raises(
        ModelError, match=r"^Expected a prompt of words around one \{\}, where the caption goes"
    ) as caught:
        encode_content(CountingEncoder(), make_content(2), prompt=prompt)
    assert f"found {prompt!r}." in str(caught.value)


def with_captions(captions):
    """Content with these captions, one a picture."""
    return replace(make_content(len(captions), 1), captions=tuple(captions))


REPEATED = ("two dogs", "a cat", "two dogs", "a very long caption indeed", "a cat", "a very long caption indeed")


def test_captions_of_the_same_wording_are_encoded_once_and_share_their_row():
    encoder = CountingEncoder()
    found = encode_content(encoder, with_captions(REPEATED))
    assert encoder.captions_seen == ["two dogs", "a cat", "a very long caption indeed"]
    np.testing.assert_array_equal(found.captions, encoder.encode_captions(list(REPEATED)))
    assert found.n_truncated == 2, "captions are counted, not wordings"


def test_captions_that_tie_do_so_whatever_else_is_in_their_batch():
    """An encoder like those that pad a batch to its longest caption, which moves the last bits of the others."""

    class Padding(CountingEncoder):
        def encode_captions(self, captions):
            rows = super().encode_captions(captions)
            return rows * np.float32(1 + max(map(len, captions)) / 1e6)

    captions = ["two dogs", "a cat", "a bird", "two dogs", "a very long caption indeed", "two dogs"]
    rows = encode_content(Padding(), with_captions(captions), batch_size=2).captions
    np.testing.assert_array_equal(rows[[3, 5]], rows[[0, 0]])


def test_a_fault_is_named_by_where_the_wording_first_stands():
    class Spoilt(CountingEncoder):
        def encode_captions(self, captions):
            rows = super().encode_captions(captions)
            rows[[one.startswith("a very") for one in captions]] = np.nan
            return rows

    with pytest.raises(ModelError, match=r"captions at positions 3 to 3 hold NaN .* first 'c3' at position 3"):
        encode_content(Spoilt(), with_captions(REPEATED), batch_size=2)


@pytest.mark.parametrize("method", ["encode_captions", "count_truncated"])
def test_a_caption_that_cannot_be_read_is_named_by_its_id(method):
    class Picky(CountingEncoder):
        def encode_captions(self, captions):
            return self.refuse("encode_captions", captions) or super().encode_captions(captions)

        def count_truncated(self, captions):
            return self.refuse("count_truncated", captions) or super().count_truncated(captions)

        def refuse(self, where, captions):
            if where == method and "a cat" in captions:
                raise UnreadableCaptionError("a cat", "Nothing is left of it.")

    with pytest.raises(ModelError, match=r"^Caption 'c1' at position 1: Nothing is left of it\.$"):
        encode_content(Picky(), with_captions(REPEATED))


def test_an_empty_batch_is_refused():
    with pytest.raises(ModelError, match="at least 1 picture or caption, not 0"):
        encode_content(CountingEncoder(), make_content(2), batch_size=0)


@pytest.mark.parametrize(("value", "what"), [(np.nan, "NaN or infinite"), (np.inf, "NaN or infinite")])
def test_an_embedding_that_is_not_finite_is_refused_with_its_place(value, what):
    def spoil(rows):
        rows[2, 1] = value
        return rows

    with pytest.raises(ModelError, match=what) as caught:
        encode_content(CountingEncoder(change=spoil), make_content(20), batch_size=8)
    assert "1 of the 8 embeddings in the batch of images at positions 0 to 7" in str(caught.value)
    assert "first 'i2' at position 2" in str(caught.value)


def test_an_embedding_without_length_is_refused_with_its_place():
    def spoil(rows):
        rows[-1] = 0
        return rows

    with pytest.raises(ModelError, match=r"nothing but zeros, first 'i7' at position 7"):
        encode_content(CountingEncoder(change=spoil), make_content(20), batch_size=8)


@pytest.mark.parametrize("change", [lambda rows: rows[1:], lambda rows: rows[0]], ids=["a row too few", "one axis"])
def test_embeddings_of_the_wrong_shape_are_refused(change):
    with pytest.raises(ModelError, match="returned embeddings of shape"):
        encode_content(CountingEncoder(change=change), make_content(20), batch_size=8)


def test_embeddings_whose_width_changes_are_refused():
    widths = iter([6, 5, 5])
    with pytest.raises(ModelError, match=r"of shape \(5,\) for the images from position 8 on, and of shape \(6,\)"):
        encode_content(CountingEncoder(change=lambda rows: rows[:, : next(widths)]), make_content(20), batch_size=8)


def test_several_tokens_a_picture_are_kept():
    def tokens(rows):
        return np.stack([rows, -rows, 2 * rows], axis=1)

    found = encode_content(CountingEncoder(change=tokens), make_content(20), batch_size=8)
    assert found.images.shape == (20, 3, 6)


def test_out_of_memory_halves_the_batch_says_so_and_goes_on(caplog):
    def too_many(batch):
        if len(batch) > 5:
            raise MemoryError("no room")

    told: list[Progress] = []
    encoder = CountingEncoder(before_images=too_many)
    with caplog.at_level("INFO"):
        found = encode_content(encoder, make_content(50), batch_size=16, tell=told.append)
    assert encoder.images_seen == list(range(50))
    assert set(encoder.image_batches) <= {4, 2}
    assert found.batch_size == 4
    expected = (
        "images: out of memory with a batch of 16; from position 0 on in batches of 8",
        "images: out of memory with a batch of 8; from position 0 on in batches of 4",
    )
    assert found.remarks == expected
    assert tuple(one.remark for one in told if one.remark) == expected
    assert expected[0] in caplog.text


def test_what_was_encoded_before_memory_ended_is_not_encoded_again():
    def full_later(batch):
        if batch[0, 0] >= 32 and len(batch) > 4:
            raise MemoryError

    encoder = CountingEncoder(before_images=full_later)
    encode_content(encoder, make_content(50), batch_size=8)
    assert encoder.images_seen == list(range(50))


def test_memory_too_small_for_one_item_is_one_message():
    def never(captions):
        raise MemoryError

    with pytest.raises(ModelError, match=r"memory of cpu is too small for 'c0' alone, at position 0 of the captions"):
        encode_content(CountingEncoder(before_captions=never), make_content(5), batch_size=4)


def test_an_unreadable_picture_passes_through_unchanged():
    with pytest.raises(DataError, match=r"^picture 41 cannot be read$"):
        encode_content(CountingEncoder(), make_content(100, unreadable=41), batch_size=8)


def test_a_fault_of_the_network_passes_through_unchanged():
    def fail(batch):
        raise RuntimeError("sizes do not match")

    with pytest.raises(RuntimeError, match="sizes do not match"):
        encode_content(CountingEncoder(before_images=fail), make_content(100), batch_size=8)


def test_an_interruption_stops_the_threads():
    def interrupt(batch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_content(CountingEncoder(before_images=interrupt), make_content(100), batch_size=8)


def test_progress_begins_at_nothing_and_ends_at_all():
    told: list[Progress] = []
    encode_content(CountingEncoder(), make_content(30), batch_size=4, tell=told.append)
    for stage, total in (("encode images", 30), ("encode captions", 60)):
        steps = [one for one in told if one.stage == stage]
        assert (steps[0].done, steps[-1].done) == (0, total)
        assert steps[-1].share == 1
        assert steps[-1].per_second > 0
        assert all(one.total == total for one in steps)
