"""A process that is killed in the midst of scoring pairs: the next one goes on, to the same bits."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.evaluator.tiny_cross_encoders import write_blip

ROOT = Path(__file__).resolve().parents[2]
N_IMAGES = 30
"""Four chunks of pairs, the last of six pictures."""
PAIRS = 2 * N_IMAGES
"""Of every picture, for all captions are re-ranked; at 16 a batch they are matched in four blocks."""

N_WHOLE = 16
"""Pictures of the two chunks that are kept when the process is killed in the third."""

PROGRAM = """
import json, os, sys, time
from pathlib import Path
import numpy as np
from evaluator.model_order import ModelOrder
from evaluator.model_run import run_model
from evaluator.models.blip import Blip
from evaluator.protocol import PROTOCOLS
from evaluator.reranking import pair_scoring
from splits import load_split
from splits.split import Direction

stop_at, out = sys.argv[1], Path(sys.argv[2])
matched, match, replace = [], Blip.match, Path.replace

def hang():
    print("now", flush=True)
    time.sleep(600)

def counting(self, state, captions):
    matched.append(len(captions["ids"]))
    if stop_at == "match" and len(matched) == 4 * 20 + 2:
        hang()
    return match(self, state, captions)

def replacing(self, target):
    if stop_at == "write" and "pairs-" in str(target) and str(target).endswith(".npy") and len(matched) >= 4 * 24:
        hang()
    return replace(self, target)

Blip.match, Path.replace = counting, replacing
order = ModelOrder("blip:local-dir:blip", batch_size=16)
found = run_model(order, PROTOCOLS["standard"], load_split("boxes.json"), seed=0)
lists = found.scores.run.lists
np.savez(out, **{f"{d.value}-{part}": getattr(lists[d], part) for d in Direction for part in ("candidates", "scores")})
print(json.dumps({"matched": sum(matched), **found.record["reranking"]}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny BLIP, and pictures and captions of one's own."""
    folder = tmp_path_factory.mktemp("boxes")
    pictures = folder / "data" / "my-boxes" / "images"
    pictures.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for index in range(N_IMAGES):
        Image.fromarray(generator.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(pictures / f"box-{index}.png")
    captions = {f"box-{index // 2}-{index % 2}": f"{'a ' * (index % 7)}box {index}" for index in range(PAIRS)}
    (pictures.parent / "captions.json").write_text(json.dumps(captions))
    split = {
        "name": "my-boxes/test",
        "centricity": "object",
        "images": [f"box-{index}" for index in range(N_IMAGES)],
        "captions": list(captions),
        "pairs": [[caption, caption.rpartition("-")[0]] for caption in captions],
    }
    (folder / "boxes.json").write_text(json.dumps(split))
    write_blip(folder / "weights" / "blip")
    return folder


def start(folder, home, *, stop_at="never"):
    folders = {"REMATCH_DATA": folder / "data", "REMATCH_WEIGHTS": folder / "weights", "REMATCH_HOME": home}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, stop_at, str(home.with_suffix(".npz"))],
        cwd=folder,
        env={**os.environ, **{name: str(path) for name, path in folders.items()}, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def undisturbed(folder):
    """What a process tells that nobody kills, and the lists that it writes."""
    home = folder / "undisturbed"
    return ended(start(folder, home)), home.with_suffix(".npz")


def ended(process):
    told, _ = process.communicate(timeout=200)
    assert process.returncode == 0
    return json.loads(told)


@pytest.mark.parametrize("stop_at", ["match", "write"])
def test_what_a_killed_process_scored_is_not_scored_again_and_no_bit_moves(folder, undisturbed, stop_at):
    home = folder / f"killed-at-{stop_at}"
    killed = start(folder, home, stop_at=stop_at)
    assert killed.stdout.readline() == "now\n"
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert not home.with_suffix(".npz").exists()
    assert len(list(home.rglob(".unfinished-*.npy"))) == (stop_at == "write")

    resumed, (told, lists) = ended(start(folder, home)), undisturbed
    assert (told["pairs_from_cache"], told["matched"]) == (0, N_IMAGES * PAIRS)
    assert resumed["pairs_from_cache"] == N_WHOLE * PAIRS
    assert resumed["matched"] == (N_IMAGES - N_WHOLE) * PAIRS
    with np.load(home.with_suffix(".npz")) as found, np.load(lists) as expected:
        assert set(found) == set(expected)
        assert len(np.unique(expected["i2t-scores"])) > N_IMAGES, "the scores tell pairs apart"
        for name in expected:
            assert found[name].tobytes() == expected[name].tobytes(), name
    assert not list(home.rglob(".unfinished-*"))
