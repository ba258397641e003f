"""A small, valid submission over a split of its own, as files: what the tests of taking in and scoring start from."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml

N_IMAGES = 12


def write_submission(
    folder: Path, *, n_runs: int = 2, seed_governs: Sequence[str] = ("sampling",), **changes: object
) -> Path:
    """Write a valid submission and return the path of its manifest.

    Args:
        folder: Where to; made if it is not there.
        n_runs: How many seeds.
        seed_governs: What the seeds decide.
        changes: To the manifest; None takes a key away.
    """
    folder.mkdir(exist_ok=True)
    images = [f"image-{n}" for n in range(N_IMAGES)]
    captions = [f"{image}#{n}" for image in images for n in range(2)]
    pairs = [[caption, caption.split("#")[0]] for caption in captions]
    split = {"name": "mine/test", "centricity": "scene", "images": images, "captions": captions, "pairs": pairs}
    (folder / "my_split.json").write_text(json.dumps(split))
    for seed in range(n_runs):
        scores = np.random.default_rng(seed).normal(size=(N_IMAGES, 2 * N_IMAGES))
        np.save(folder / f"scores_seed{seed}.npy", scores.astype(np.float32))
    manifest = {
        "system": "Noise",
        "submitter": "Somebody",
        "setting": "zero-shot",
        "split": "my_split.json",
        "runs": [
            {"file": f"scores_seed{seed}.npy", "seed": seed, "seed_governs": list(seed_governs)}
            for seed in range(n_runs)
        ],
        **changes,
    }
    path = folder / "submission.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in manifest.items() if value is not None}))
    return path
