"""A small real encoder without any framework, which counts what it is asked and can be made to fail."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from evaluator.model import EncoderFacts
from splits.content import Content, DataError, Pictures
from splits.split import Centricity, Dataset, Split

WIDTH = 6
TINY = Dataset("tiny", "Generated", Centricity.SCENE, "CC0-1.0", "none", "generated")


def make_content(n_images: int, captions_each: int = 2, *, unreadable: int | None = None) -> Content:
    """Pictures of one colour each, with captions; one picture may be unreadable."""
    captions = np.arange(n_images * captions_each)
    pairs = np.stack([captions, captions // captions_each], axis=1)
    ids = tuple(f"i{k}" for k in range(n_images)), tuple(f"c{k}" for k in captions)
    split = Split("tiny/test", TINY, *ids, pairs)

    def open_picture(index: int) -> Image.Image:
        if index == unreadable:
            raise DataError(f"picture {index} cannot be read")
        return Image.new("RGB", (8, 8), (index % 256, index // 256, 7))

    digest = f"sha256:{hashlib.sha256(str(n_images).encode()).hexdigest()}"
    return Content(split, tuple(f"caption number {k}" for k in captions), Pictures(open_picture, lambda _: digest))


@dataclass
class CountingEncoder:
    """Encodes the colour of a picture and the letters of a caption, and remembers what it saw."""

    before_images: Callable[[np.ndarray], None] = lambda batch: None
    before_captions: Callable[[list[str]], None] = lambda captions: None
    change: Callable[[np.ndarray], np.ndarray] = lambda rows: rows
    """What happens to the embeddings of images."""
    weights_sha256: str | None = "1" * 64
    network_sha256: str | None = None
    tokenizer_sha256: str | None = None
    image_batches: list[int] = field(default_factory=list)
    images_seen: list[int] = field(default_factory=list)
    captions_seen: list[str] = field(default_factory=list)
    n_counted: int = 0

    @property
    def facts(self) -> EncoderFacts:
        return EncoderFacts(
            reference="counting:one",
            revision=None,
            weights_sha256=self.weights_sha256,
            parameters=1,
            image_transform="mean colour",
            resize_backend="none",
            text_transform="letters",
            context_length=18,
            dtype="float32",
            network_sha256=self.network_sha256,
            tokenizer_sha256=self.tokenizer_sha256,
        )

    def prepare_image(self, picture):
        return np.asarray(picture, dtype=np.float32).mean(axis=(0, 1))

    def collate_images(self, prepared):
        return np.stack(prepared)

    def encode_images(self, batch):
        self.before_images(batch)
        self.image_batches.append(len(batch))
        self.images_seen += [int(red + 256 * green) for red, green, _ in batch]
        rows = np.concatenate([np.sin(batch), np.cos(batch)], axis=1).astype(np.float32)
        return self.change(rows)

    def encode_captions(self, captions):
        self.before_captions(captions)
        self.captions_seen += captions
        letters = [np.frombuffer(hashlib.sha256(one.encode()).digest()[:WIDTH], np.uint8) for one in captions]
        return (np.stack(letters) / 255 - 0.5).astype(np.float32)

    def count_truncated(self, captions):
        self.n_counted += 1
        return sum(len(caption) > self.facts.context_length for caption in captions)
