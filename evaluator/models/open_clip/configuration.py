"""The configuration that lies beside weights of open_clip: read as data, and never taken as leave to run code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluator.model import MissingHereError, ModelError

CONFIGURATION = "open_clip_config.json"


def read_configuration(path: Path) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Read the network and the preprocessing that a configuration of open_clip describes.

    Raises:
        ModelError: It is missing, damaged, or asks for code of its own.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingHereError(
            f"Expected open_clip's configuration at {path}: {error.strerror or error}. Put it there."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is no JSON: {error!s:.160}. Obtain it again.") from error
    network = document.get("model_cfg") if isinstance(document, dict) else None
    parts = ("vision_cfg", "text_cfg")
    if not isinstance(network, dict) or not all(isinstance(network.get(part), dict) for part in parts):
        raise ModelError(f"{path} describes no network of open_clip: expected model_cfg with {' and '.join(parts)}.")
    if "trust_remote_code" in _keys(document):
        raise ModelError(f"{path} asks for trust_remote_code. Code that comes with a model is never run: remove it.")
    preprocessing = document.get("preprocess_cfg", {})
    return network, preprocessing if isinstance(preprocessing, dict) else {}


def _keys(document: Any) -> set[str]:
    if isinstance(document, dict):
        return set(document).union(*map(_keys, document.values()))
    return set().union(*map(_keys, document)) if isinstance(document, list) else set()
