"""The demo's second half: a torch model, trained here under three seeds, handed in by name, run by the worker."""

import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from leaderboard.demo.handing_in import SUBMITTER, hand_in
from leaderboard.demo.screen import heading, indented
from leaderboard.demo.story import print_board, run_demo, score
from leaderboard.demo.systems import SEEDS
from leaderboard.demo.toy_data import load_toy_data
from splits.errors import RematchError

DATASETS = ("toy-scene", "toy-object")
NEEDED = ("torch", "open_clip")
FOLDER = "toy-clip"
MANIFEST = "submission.yaml"
MODEL = "open_clip:toy-clip"
SYSTEM = "Toy CLIP: trained here"


def run_models_demo(folder: Path | None = None) -> None:
    """Do what `rematch demo` does; then train a tiny CLIP, hand it in by name, and print both boards with it.

    Training takes minutes, and is done once: weights that are there are taken again.

    Args:
        folder: Where files and manifests are written; `demo` under the configured home if omitted.

    Raises:
        RematchError: The extra `models` is not installed, or the training failed.
    """
    from submissions.settings import get_settings

    _check_installed()
    folder = folder or get_settings().home / "demo"
    run_demo(folder)
    started = time.monotonic()
    print(heading(f"8. One tiny CLIP, trained on both toy datasets under {len(SEEDS)} seeds"))
    train(folder / FOLDER)
    print(heading("9. Handed in by name, and run by the local worker"))
    handed_in = hand_in(write_manifest(folder / FOLDER))
    state = "submission" if handed_in.is_new else "handed in before, as"
    print(f"{SYSTEM:<31} {MODEL:<38} {state} {handed_in.submission_id}")
    for remark in handed_in.remarks:
        print(indented(remark))
    score([handed_in.submission_id])
    for number, name in enumerate(DATASETS, start=10):
        print_board(load_toy_data(name), number)
    print(f"\nDone in {time.monotonic() - started:.0f} seconds more.")


def train(folder: Path) -> None:
    """Train under every seed whose weights are not there, in a process of its own.

    Raises:
        RematchError: The training failed.
    """
    seeds = ",".join(str(seed) for seed in SEEDS)
    # Nothing of ours may wait in a buffer while the other process prints.
    sys.stdout.flush()
    command = [sys.executable, "-m", "worker.train_toy_clip", str(folder), "--seeds", seeds]
    done = subprocess.run(command, check=False)
    if done.returncode:
        raise RematchError(
            f"The training of the tiny CLIP ended with exit code {done.returncode}; what it said is above."
            f" To see more: {' '.join(command)}"
        )


def write_manifest(folder: Path) -> Path:
    """Write the manifest that names the model, with the weights of each seed."""
    import yaml

    document: dict[str, Any] = {
        "system": SYSTEM,
        "submitter": SUBMITTER,
        "setting": "trained-from-scratch",
        "description": "A convolutional network and a text transformer of 4.6 million parameters, trained by contrast"
        " on the train parts of toy-scene and toy-object together, in about two minutes of processor time.",
        "model": MODEL,
        "runs": [
            {
                "weights": f"seed{seed}.safetensors",
                "seed": seed,
                "seed_governs": ["training"],
                "protocols": list(DATASETS),
            }
            for seed in SEEDS
        ],
    }
    path = folder / MANIFEST
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def _check_installed() -> None:
    missing = [package for package in NEEDED if find_spec(package) is None]
    if missing:
        raise RematchError(
            f"Training a model needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not"
            " installed. Install the extra: pip install 'rematch[models]', or in a clone: make install-models"
        )
