"""The main job on real input: `rematch score` gives the numbers that are known of real systems."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from leaderboard.cli import app

pytestmark = pytest.mark.real_data


def recalls(*arguments: str | Path) -> dict[str, list[float]]:
    answer = CliRunner().invoke(app, ["score", *map(str, arguments), "--json"], catch_exceptions=False)
    metrics = json.loads(answer.stdout)["metrics"]
    return {d: [round(100 * metrics[d][f"R@{k}"]["expected"], 2) for k in (1, 5, 10)] for d in ("i2t", "t2i")}


def split_file(folder: Path, n_images: int, captions_each: int) -> Path:
    images = [f"photo-{k}" for k in range(n_images)]
    captions = [f"{image}#{n}" for image in images for n in range(captions_each)]
    path = folder / "split.json"
    document = {
        "name": "real/clip",
        "centricity": "scene",
        "images": images,
        "captions": captions,
        "pairs": [[caption, caption.split("#")[0]] for caption in captions],
    }
    path.write_text(json.dumps(document))
    return path


def test_clip_on_100_flickr8k_photos(shared_data, tmp_path):
    folder = shared_data / "flickr8k" / "clip_vitb32_100x5"
    images = np.load(folder / "image_embeddings.npy")[::5]
    captions = np.load(folder / "text_embeddings.npy")
    split = split_file(tmp_path, 100, 5)
    np.savez(tmp_path / "embeddings.npz", image_embeddings=images, text_embeddings=captions)
    np.save(tmp_path / "matrix.npy", images @ captions.T)
    known = {"i2t": [93.0, 100.0, 100.0], "t2i": [83.2, 99.0, 99.8]}
    assert recalls(tmp_path / "embeddings.npz", "--split", split) == known
    assert recalls(tmp_path / "matrix.npy", "--split", split) == known


@pytest.mark.parametrize(
    ("name", "i2t", "t2i"),
    [("features_clip", [55.2, 80.8, 89.2], [50.6, 76.6, 86.2]), ("features_clip_random", [0.2, 0.8, 2.6], None)],
)
def test_500_clip_pairs_and_their_random_control(shared_data, tmp_path, name, i2t, t2i):
    images, captions = np.load(shared_data / "coco_val2017_clip500" / f"{name}.npy")
    np.savez(tmp_path / "pairs.npz", image_embeddings=images, text_embeddings=captions)
    found = recalls(tmp_path / "pairs.npz", "--split", split_file(tmp_path, 500, 1))
    assert found["i2t"] == i2t
    if t2i:
        assert found["t2i"] == t2i
    else:
        # Chance at 500 candidates is 0.2 / 1.0 / 2.0; two standard errors of R@10 are 1.3.
        assert max(found["t2i"]) < 4


@pytest.mark.parametrize(
    ("name", "protocol", "i2t", "t2i"),
    [
        ("coco5k_chainvse", "coco-5k", [39.64, 69.42, 80.9], [30.88, 60.7, 73.52]),
        ("f30k_gsmn", "flickr30k-1k", [74.3, 91.6, 95.3], [54.12, 79.94, 86.58]),
        ("f30k_vsrn310", "flickr30k-1k", [71.5, 90.8, 95.5], [54.74, 80.92, 87.7]),
    ],
)
def test_per_query_ranks_of_real_systems(shared_data, name, protocol, i2t, t2i):
    file = shared_data / "real_ranks" / f"{name}.npz"
    assert recalls(file, "--protocol", protocol) == {"i2t": i2t, "t2i": t2i}
