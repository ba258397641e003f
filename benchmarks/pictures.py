"""Pictures and captions that the benchmarks of models are run on: generated, and as costly to open as photographs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from splits.content import Content, Pictures
from splits.split import Centricity, Dataset, Split

FILES = 64
"""Different pictures; more would only fill the disk."""
SIZE = (640, 480)


def write_pictures(folder: Path) -> list[Path]:
    """Write JPEG files that compress like photographs: coarse shapes and some grain."""
    from PIL import Image

    generator = np.random.default_rng(0)
    paths = []
    for number in range(FILES):
        coarse = Image.fromarray(generator.integers(0, 256, (15, 20, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize(SIZE, Image.Resampling.BICUBIC), dtype=np.int16)
        pixels = np.clip(smooth + generator.integers(-12, 13, smooth.shape), 0, 255).astype(np.uint8)
        paths.append(folder / f"{number}.jpg")
        Image.fromarray(pixels).save(paths[-1], quality=90)
    return paths


def content_of(paths: Sequence[Path], count: int, *, captions_each: int = 1) -> Content:
    """Name every file as often as it takes, with some captions each."""
    from PIL import Image

    def open_picture(index: int) -> Any:
        with Image.open(paths[index % len(paths)]) as picture:
            return picture.convert("RGB")

    numbers = np.arange(count * captions_each)
    dataset = Dataset("generated", "Generated", Centricity.SCENE, "CC0-1.0", "none", "generated")
    pairs = np.column_stack([numbers, numbers // captions_each])
    ids = tuple(map(str, range(count))), tuple(map(str, numbers))
    captions = tuple(f"a street with {number} cars and a dog that looks at them from a window" for number in numbers)
    return Content(
        Split("generated/test", dataset, *ids, pairs), captions, Pictures(open_picture, lambda _: "sha256:0")
    )
