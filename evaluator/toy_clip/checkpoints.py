"""The files that hold the tiny CLIP's weights, and what is written in them about how they came to be."""

import json
from dataclasses import asdict
from pathlib import Path

from evaluator.progress import Tell, ignore
from evaluator.toy_clip.recipe import ARCHITECTURE, DATASETS, Recipe

ABOUT = "about"
"""One key for everything: the library orders several differently each time, and the same weights are one file."""


def checkpoint_path(folder: Path, seed: int) -> Path:
    """Return where the weights of a seed lie."""
    return folder / f"seed{seed}.safetensors"


def is_current(path: Path, seed: int, *, recipe: Recipe | None = None) -> bool:
    """Whether a file holds the weights of a seed as the present code and settings make them."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return False
    try:
        with safe_open(path, framework="numpy") as file:
            said = json.loads((file.metadata() or {}).get(ABOUT, "{}"))
    except (SafetensorError, OSError, ValueError):
        return False
    return isinstance(said, dict) and (said.get("recipe"), said.get("seed")) == ((recipe or Recipe()).digest, seed)


def write_checkpoint(folder: Path, seed: int, *, recipe: Recipe | None = None, tell: Tell = ignore) -> Path:
    """Train under a seed and write the weights as safetensors that open_clip loads.

    The file is there whole or not at all.
    """
    from safetensors.torch import save_file

    from evaluator.toy_clip.training import train

    recipe = recipe or Recipe()
    path = checkpoint_path(folder, seed)
    state = train(seed, recipe=recipe, tell=tell)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    save_file(state, unfinished, metadata={ABOUT: json.dumps(_about(seed, recipe), sort_keys=True)})
    unfinished.replace(path)
    return path


def _about(seed: int, recipe: Recipe) -> dict[str, object]:
    import open_clip
    import torch

    from evaluator import __version__
    from splits import SPLITS

    return {
        "architecture": f"open_clip:{ARCHITECTURE}",
        "seed": seed,
        "recipe": recipe.digest,
        "settings": asdict(recipe),
        "trained_on": {name: SPLITS[name].digest for name in (f"{dataset}/train" for dataset in DATASETS)},
        "threads": torch.get_num_threads(),
        "rematch": __version__,
        "open_clip": open_clip.__version__,
        "torch": torch.__version__,
        "licence": "CC0-1.0",
    }
