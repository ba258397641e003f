"""A database, a small submission of one's own split and one of pictures, made anew for every test."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from submissions import database
from tests.submission_files import write_submission

WORDS = ("red", "green", "blue", "yellow", "black", "white")
N_IMAGES = 12


@pytest.fixture
def prepared() -> Iterator[None]:
    """The embedded database of this test, with its tables."""
    database.prepare()
    yield
    database.forget_connections()


@pytest.fixture
def make_submission(tmp_path: Path) -> Callable[..., Path]:
    """Write a valid submission with two seeds and return the path of its manifest; keywords change the manifest."""
    return lambda name="mine", **changes: write_submission(tmp_path / name, **changes)


@pytest.fixture
def without_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TRANSFORMERS_OFFLINE", "1")


@pytest.fixture
def small_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A split file of one's own with its pictures and captions, in the plain layout."""
    from PIL import Image

    monkeypatch.setenv("REMATCH_DATA", str(tmp_path / "data"))
    pictures = tmp_path / "data" / "my-boxes" / "images"
    pictures.mkdir(parents=True)
    generator = np.random.default_rng(0)
    texts, pairs = {}, []
    for index in range(N_IMAGES):
        pixels = generator.integers(0, 256, (40, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(pictures / f"box-{index}.png")
        for number in range(2):
            texts[f"box-{index}-{number}"] = f"a {WORDS[index % 6]} box {WORDS[(index + number) % 6]} {number}"
            pairs.append([f"box-{index}-{number}", f"box-{index}"])
    (pictures.parent / "captions.json").write_text(json.dumps(texts))
    split = {
        "name": "my-boxes/test",
        "centricity": "object",
        "images": [f"box-{index}" for index in range(N_IMAGES)],
        "captions": list(texts),
        "pairs": pairs,
    }
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps(split))
    return path
