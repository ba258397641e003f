"""What is trained, on what, and with which settings; a change of any of them makes other weights."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

DATASETS = ("toy-scene", "toy-object")
ARCHITECTURE = "toy-clip"
ARCHITECTURE_FILE = Path(__file__).parents[1] / "models" / "open_clip" / "configs" / f"{ARCHITECTURE}.json"
VERSION = 1
"""Raised when the code of the training makes other weights from the same settings."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of one training; chosen on the validation parts, like everything else about it."""

    epochs: int = 54
    """How often every training picture is shown."""
    batch: int = 40
    """How many pictures of each dataset make one step."""
    captions_per_picture: int = 2
    """How many of its captions are drawn with a picture; all where it has fewer."""
    learning_rate: float = 3e-3
    warm_up: float = 0.08
    """The share of the steps in which the learning rate rises."""
    weight_decay: float = 1.0
    label_smoothing: float = 0.3
    """What share of every target is spread over all candidates, so that pairs are not learned by heart."""
    word_weight: float = 0.5
    """How much telling the words of its captions from a picture counts beside finding them."""
    average: float = 0.98
    """How much of the running average of the weights stays at each step."""
    shift: float = 5.0
    """Pixels by which a picture is moved at most."""
    turn: float = 12.0
    """Degrees by which it is turned at most: too few to change what is above or left of what."""
    zoom: float = 0.04
    """By what share it grows or shrinks at most: too little to change a size."""
    tint: float = 0.1
    """How far brightness and each colour channel move at most, in standard deviations: too little to change a name."""
    noise: float = 0.07
    """The standard deviation of the noise on every pixel, likewise."""
    word_dropout: float = 0.05
    """How likely a token of a caption goes unread in one step."""
    looks: int = 10
    """How often, over the last half of the training, the validation parts choose among the weights."""

    @property
    def digest(self) -> str:
        """A short name of settings, architecture and version: weights with the same were made the same way."""
        said = {"version": VERSION, "architecture": ARCHITECTURE_FILE.read_text(encoding="utf-8"), **asdict(self)}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
