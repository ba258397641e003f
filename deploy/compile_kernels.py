"""Compile the kernels while an image is built, so that the first evaluation of a container need not wait for it.

Numba keeps what it compiled in NUMBA_CACHE_DIR, by the types of the arguments and by the processor. The types are met
here by scoring small files of every kind.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np

from evaluator.evaluation import evaluate
from evaluator.protocol import PROTOCOLS, Folds
from evaluator.reading import read_score_file
from evaluator.score_format import Orientation, Reading
from splits import Centricity, Dataset, Split

N_IMAGES, N_CAPTIONS = 100, 200
DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")
SPLIT = Split(
    "made/test",
    DATASET,
    tuple(f"image {n}" for n in range(N_IMAGES)),
    tuple(f"caption {n}" for n in range(N_CAPTIONS)),
    np.array([(n, n // 2) for n in range(N_CAPTIONS)]),
)
PLAIN = PROTOCOLS["standard"]
KINDS = (PLAIN, replace(PLAIN, folds=Folds(5)), replace(PLAIN, metrics=PROTOCOLS["coco-eccv"].metrics))
"""Protocols that lead to kernels of their own, on any split."""


def score_files(folder: Path) -> Iterator[tuple[Path, Orientation | None]]:
    """Write a file of every kind that leads to kernels of its own, and say how it is to be read."""
    generator = np.random.default_rng(0)
    for dtype in (np.float16, np.float32, np.float64):
        name = np.dtype(dtype).name
        scores = generator.standard_normal((N_IMAGES, N_CAPTIONS)).astype(dtype)
        images, captions = (generator.standard_normal((n, 32)).astype(dtype) for n in (N_IMAGES, N_CAPTIONS))
        np.save(folder / f"{name}.npy", scores)
        yield folder / f"{name}.npy", None
        np.save(folder / f"{name}-transposed.npy", scores.T.copy())
        yield folder / f"{name}-transposed.npy", Orientation.CAPTIONS_FIRST
        np.savez_compressed(folder / f"{name}.npz", scores=scores)
        yield folder / f"{name}.npz", None
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file["scores"] = scores
        yield folder / f"{name}.h5", None
        np.savez(folder / f"{name}-vectors.npz", image_embeddings=images, text_embeddings=captions)
        yield folder / f"{name}-vectors.npz", None


def main() -> None:
    """Score every file under every kind of protocol."""
    with tempfile.TemporaryDirectory() as folder:
        for path, orientation in score_files(Path(folder)):
            for protocol in KINDS:
                run = read_score_file(path, SPLIT, Reading(orientation=orientation))
                evaluate(run, protocol, SPLIT)


if __name__ == "__main__":
    main()
