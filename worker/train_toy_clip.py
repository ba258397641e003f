"""Train the tiny CLIP of the demo: `python -m worker.train_toy_clip FOLDER --seeds 0,1,2`.

A process of its own, so that the demo loads no deep-learning framework. Seeds whose weights are there are left out.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from evaluator.toy_clip.checkpoints import checkpoint_path, is_current, write_checkpoint
from worker.bar import ProgressBar

THREADS = 2
"""The same everywhere: another number adds up in another order and makes other weights."""


def main() -> None:
    """Train what is missing, and say how long it took."""
    parser = argparse.ArgumentParser(prog="python -m worker.train_toy_clip", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the weights are written, one file for each seed")
    parser.add_argument("--seeds", default="0,1,2", help="which seeds, with commas between them")
    stated = parser.parse_args()
    # Beside other work, threads that wait for each other at full speed take many times as long; read as torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for seed in [int(seed) for seed in stated.seeds.split(",")]:
        path = checkpoint_path(stated.folder, seed)
        if is_current(path, seed):
            sys.stdout.write(f"seed {seed}: trained before, {path}\n")
            continue
        began, worked = time.monotonic(), time.process_time()
        import torch

        torch.set_num_threads(THREADS)
        with ProgressBar() as bar:
            write_checkpoint(stated.folder, seed, tell=bar.tell)
        took, spent = time.monotonic() - began, time.process_time() - worked
        sys.stdout.write(f"seed {seed}: trained in {took:.0f} s ({spent:.0f} s of processor time), {path}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
