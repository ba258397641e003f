"""Ids, captions and file names that are endless or steer a terminal: messages show them short, and escaped."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluator.checkpoints import find_known
from evaluator.encoding.content import encode_content
from evaluator.encoding.wording import naming_captions
from evaluator.model import MODELS, ModelError, ModelRequest, UnreadableCaptionError, load_model
from evaluator.models.xvlm.captions import clean
from evaluator.reranking.lists import rerank
from splits.content import Content, Pictures, load_content
from splits.errors import RematchError
from splits.loading import load_split
from splits.pictures import open_picture
from splits.shown import quoted, shown_path
from splits.split import Split
from tests.unit.evaluator.conftest import TINY
from tests.unit.evaluator.counting_encoder import CountingEncoder
from tests.unit.evaluator.small_reranker import SmallReranker

LONG = "an id without an end " * 5_000
ESCAPES = "\x1b[2J\x1b]0;owned\x07red\nerror: all is well\u202e"
HOSTILE = pytest.mark.parametrize("word", [LONG, ESCAPES], ids=["endless", "escapes"])
CHOSEN = pytest.mark.parametrize(
    "word", [f"{LONG[:100]}/{LONG[:100]}/" * 20, "red\u202egpj.\u2028error"], ids=["endless", "escapes"]
)
"""Ids that a split file may hold: those with control characters are refused there."""


def hostile(word, *, captions=None):
    """A content of three pictures, the ids beginning with a word."""
    images, texts = (tuple(f"{word}{kind}{number}" for number in range(3)) for kind in "ic")
    split = Split("tiny/test", TINY, images, texts, np.array([[0, 0], [1, 1], [2, 2]]))
    pictures = Pictures(lambda index: Image.new("RGB", (8, 8), (index, 0, 7)), lambda: "sha256:0")
    return Content(split, captions or ("one", "two", "three"), pictures)


def told(error):
    """Return a message that is fit to be shown."""
    message = str(error.value)
    assert message.isprintable()
    assert len(message) < 1_500, len(message)
    return message


def test_a_quoted_text_is_short_and_printable():
    assert quoted("robin") == "'robin'"
    assert quoted("it's") == '"it\'s"'
    assert quoted("\x1b[2J") == "'\\x1b[2J'"
    assert quoted("x" * 81) == f"'{'x' * 80}'..."


def test_a_long_path_is_shown_with_its_beginning_and_its_end():
    path = shown_path(Path("/data") / ("x" * 4000) / "robin\x1b.jpg")
    assert path.startswith("/data/xxx")
    assert path.endswith("xxx/robin\\x1b.jpg")
    assert len(path) < 320


@HOSTILE
@pytest.mark.parametrize("captions", [("one", " ", "three"), ("one", "\ud800", "three")])
def test_a_caption_that_is_no_text_is_named_by_its_id(word, captions):
    with pytest.raises(RematchError, match="at position 1") as error:
        hostile(word, captions=captions)
    told(error)


@CHOSEN
@pytest.mark.parametrize("lacking", ["pictures", "captions", "texts"])
def test_what_is_missing_of_data_is_named(word, lacking, tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_DATA", str(tmp_path))
    folder = tmp_path / "my-own" / "images"
    folder.mkdir(parents=True)
    split = {"name": "my-own/test", "centricity": "scene", "images": [word], "captions": [word], "pairs": [[word] * 2]}
    (tmp_path / "split.json").write_text(json.dumps(split))
    texts = {"captions": {}, "texts": {word: "  "}}.get(lacking, {word: "a robin"})
    (folder.parent / "captions.json").write_text(json.dumps(texts))
    with pytest.raises(RematchError, match="1 of 1 pictures of my-own/test are missing, first ") as error:
        load_content(load_split(tmp_path / "split.json"))
    assert {"captions": "have no text in", "texts": "are empty"}.get(lacking, "") in told(error)


@HOSTILE
@pytest.mark.parametrize("content", [None, b"", b"\xff\xd8\xff\xe0no end"])
def test_a_picture_of_such_a_name_is_named(word, content, tmp_path):
    path = tmp_path / word.replace("/", "")
    if content is not None and len(word) < 200:
        path.write_bytes(content)
    with pytest.raises(RematchError, match=r"Obtain it again\.$") as error:
        open_picture(path)
    told(error)


@HOSTILE
def test_an_embedding_that_is_none_is_named(word):
    broken = CountingEncoder(change=lambda rows: rows * np.float32("nan"))
    with pytest.raises(ModelError, match="hold NaN") as error:
        encode_content(broken, hostile(word))
    told(error)


@HOSTILE
def test_a_picture_too_large_for_memory_is_named(word):
    def too_large(_batch):
        raise MemoryError

    with pytest.raises(ModelError, match="is too small for") as error:
        encode_content(CountingEncoder(before_images=too_large), hostile(word))
    told(error)


@HOSTILE
def test_a_pair_without_a_score_is_named(word):
    class Broken(SmallReranker):
        def scores(self, image, captions):
            return np.full(len(captions), np.nan, dtype=np.float32)

    vectors = np.eye(3, dtype=np.float32)
    with pytest.raises(ModelError, match="The score of image") as error:
        rerank(Broken(), hostile(word), images=vectors, captions=vectors, depth=2)
    told(error)


@HOSTILE
def test_a_caption_that_a_model_cannot_read_is_named(word):
    with pytest.raises(ModelError, match="at position 0") as error, naming_captions(["x"], [word]):
        raise UnreadableCaptionError("x", "Nothing is left of it.")
    told(error)


@pytest.mark.parametrize("caption", ["?!" * 50_000, "?\x1b!\u202e\n"])
def test_a_caption_of_which_x_vlm_leaves_nothing_is_shown_short(caption):
    unreadable = "".join(one for one in caption if one in "?!")
    with pytest.raises(UnreadableCaptionError, match="Nothing is left") as error:
        clean(unreadable, 9)
    told(error)


@HOSTILE
def test_an_id_that_stands_twice_or_in_no_pair_is_named(word):
    content = hostile(word)
    with pytest.raises(RematchError, match="are in no pair") as error:
        replace(content.split, pairs=content.split.pairs[:2])
    told(error)
    with pytest.raises(RematchError, match="repeat an id") as error:
        replace(content.split, image_ids=(word, word, "another"))
    told(error)


@pytest.mark.parametrize("word", [LONG, "x" * 400, ESCAPES], ids=["endless", "too long for a file", "escapes"])
@pytest.mark.parametrize("form", ["{}", "a/{}", "hf-hub:a/{}", "local-dir:{}", "file:{}"])
@pytest.mark.parametrize("family", MODELS)
def test_a_model_of_such_a_name_is_refused_in_a_message(word, form, family):
    reference = f"{family}:{form.format(word)}"
    for anywhere in (False, True):
        with pytest.raises(ModelError) as error:
            load_model(reference, ModelRequest(name="", anywhere=anywhere))
        told(error)
    if word != "x" * 400:
        with pytest.raises(ModelError) as error:
            find_known(reference)
        told(error)
