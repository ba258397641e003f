"""A cross-encoder of a few lines, its picture a hash of its pixels: what the engine is tested with."""

import hashlib

import numpy as np
from PIL import Image

from evaluator.model import EncoderFacts
from splits.content import Content, DataError, Pictures


def number_of(data):
    """A number from 0 to 1 that looks random."""
    return int.from_bytes(hashlib.sha256(data).digest()[:6], "big") / 2**48


class SmallReranker:
    """Scores a picture and a caption by a number that looks random, and counts what it was asked for."""

    def __init__(self, *, head_rule="itm", sha="0" * 64):
        self.head_rule = head_rule
        self.facts = EncoderFacts(
            reference="small:one",
            revision=None,
            weights_sha256=sha,
            parameters=1,
            image_transform="none",
            resize_backend="none",
            text_transform="none",
            context_length=None,
            dtype="float32",
            libraries={"numpy": np.__version__},
        )
        self.prepared = []
        self.pairs = []
        self.blocks = []
        self.read = []

    def prepare_image(self, picture):
        self.prepared.append(picture.getpixel((0, 0)))
        return picture.tobytes()

    def count_truncated(self, captions):
        return 0

    def caption_states(self, captions):
        self.read += captions
        return {"number": np.array([number_of(caption.encode()) for caption in captions])}

    def image_state(self, prepared):
        return number_of(prepared)

    def match(self, image_state, captions):
        self.blocks.append(len(captions["number"]))
        self.pairs += [(image_state, number) for number in captions["number"].tolist()]
        return self.scores(image_state, captions["number"])

    def scores(self, image, captions):
        return np.sin(1e4 * image * captions).astype(np.float32)


def content_of(split, *, captions=None, broken=()):
    """Content of one-coloured pictures, no two alike, and numbered captions."""

    def opened(image):
        if image in broken:
            raise DataError(f"{split.image_ids[image]}.jpg cannot be read.")
        return Image.new("RGB", (2, 2), (image % 256, image // 256, 0))

    texts = captions or tuple(f"caption {index}" for index in range(split.n_captions))
    return Content(split, tuple(texts), Pictures(opened, lambda _: "sha256:pictures"))


def all_scores(content):
    """What the small cross-encoder says of every pair, shape (n_images, n_captions)."""
    images = [number_of(content.pictures.open(image).tobytes()) for image in range(content.split.n_images)]
    captions = np.array([number_of(caption.encode()) for caption in content.captions])
    return np.stack([SmallReranker().scores(image, captions) for image in images])
