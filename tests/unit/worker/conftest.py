"""A database and a small submission of one's own split, made anew for every test."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from submissions import database

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

    def make(name: str = "mine", **changes: object) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        images = [f"image-{n}" for n in range(N_IMAGES)]
        captions = [f"{image}#{n}" for image in images for n in range(2)]
        pairs = [[caption, caption.split("#")[0]] for caption in captions]
        split = {"name": "mine/test", "centricity": "scene", "images": images, "captions": captions, "pairs": pairs}
        (folder / "my_split.json").write_text(json.dumps(split))
        for seed in (0, 1):
            scores = np.random.default_rng(seed).normal(size=(N_IMAGES, 2 * N_IMAGES))
            np.save(folder / f"scores_seed{seed}.npy", scores.astype(np.float32))
        manifest = {
            "system": "Noise",
            "submitter": "Somebody",
            "setting": "zero-shot",
            "split": "my_split.json",
            "runs": [{"file": f"scores_seed{seed}.npy", "seed": seed, "seed_governs": ["sampling"]} for seed in (0, 1)],
            **changes,
        }
        path = folder / "submission.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in manifest.items() if value is not None}))
        return path

    return make
