"""Networks of open_clip with their weights: built by the library, filled from files that are read as data alone."""

import json
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluator.model import ModelError
from evaluator.models.open_clip.configuration import CONFIGURATION
from evaluator.models.open_clip.sources import Source
from evaluator.weights.hub import hub_snapshot
from evaluator.weights.reading import read_weights
from evaluator.weights.shapes import check_shapes

if TYPE_CHECKING:
    from torch import Tensor

# What the library's constructors raise for a configuration that they cannot build.
_UNBUILDABLE = (AssertionError, AttributeError, ImportError, LookupError, RuntimeError, TypeError, ValueError)


def build_network(source: Source) -> tuple[Any, Callable[[Any], Any]]:
    """Build a network in float32 without weights, and its evaluation transform.

    Raises:
        ModelError: The library cannot build what the configuration describes.
    """
    import open_clip

    document = {"model_cfg": _with_local_text_tower(source), "preprocess_cfg": dict(source.preprocessing)}
    with tempfile.TemporaryDirectory() as folder, _without_remarks():
        Path(folder, CONFIGURATION).write_text(json.dumps(document), encoding="utf-8")
        try:
            network, _, transform = open_clip.create_model_and_transforms(
                f"local-dir:{folder}", load_weights=False, pretrained_text=False
            )
        except _UNBUILDABLE as error:
            raise ModelError(
                f"open_clip:{source.reference} cannot be built by open_clip {open_clip.__version__}:"
                f" {type(error).__name__}: {error!s:.200}. Check its {CONFIGURATION}, or the library's version."
            ) from error
    return network.eval(), transform


def whole_configuration(source: Source) -> dict[str, Any]:
    """Return all that decides what network is built, whatever its weights, with nothing of where files lie.

    Raises:
        ModelError: The configuration of its text tower cannot be had.
    """
    tower = _text_tower(source)
    described = {"model_cfg": source.network, "preprocess_cfg": dict(source.preprocessing)}
    return described | ({"text_tower": tower[1]} if tower else {})


def load_weights(network: Any, source: Source, *, sha256: str | None = None) -> str:
    """Fill a network with its weights, converted as the library does, and return their SHA-256.

    Raises:
        ModelError: They cannot be read, are not those that were named, or are of another network.
    """
    state, digest = read_weights(source.weights, sha256=sha256, wrappers=("state_dict",))
    state = _converted(network, state, may_interpolate=source.may_interpolate)
    check_shapes(network.state_dict(), state, str(source.weights))
    network.load_state_dict(state)
    return digest


def _converted(network: Any, state: "dict[str, Tensor]", *, may_interpolate: bool) -> "dict[str, Tensor]":
    """Rename and reshape weights to the library's present form: what its own loader does, in the same order."""
    import torch
    from open_clip import factory

    if next(iter(state)).startswith("module."):
        state = {key.removeprefix("module."): value for key, value in state.items()}
    state = factory.convert_state_dict(network, state)
    if "positional_embedding" in state and not hasattr(network, "positional_embedding"):
        state = factory.convert_to_custom_text_state_dict(state)
    for key in ("logit_scale", "logit_bias"):
        own = getattr(network, key, None)
        if own is not None and key in state and own.ndim != state[key].ndim:
            state[key] = state[key].reshape(own.shape)
    if getattr(network, "logit_bias", None) is not None and "logit_bias" not in state and "logit_scale" in state:
        # A bias moves every score alike: weights trained without one need none.
        state["logit_bias"] = torch.zeros_like(state["logit_scale"])
    positions = "text.transformer.embeddings.position_ids"
    if positions in state and positions not in network.state_dict():
        del state[positions]
    if may_interpolate:
        # Of weights of another shape the library says it in asserts of its own; which keys they are is told next.
        with _without_remarks(), suppress(AssertionError, IndexError, KeyError, RuntimeError, ValueError):
            factory.resize_pos_embed(state, network)
            factory.resize_text_pos_embed(state, network)
    return state


def _with_local_text_tower(source: Source) -> dict[str, Any]:
    """Point a text tower of transformers to the folder with its configuration."""
    network, tower = source.network, _text_tower(source)
    if tower is None:
        return network
    return {**network, "text_cfg": {**network["text_cfg"], "hf_model_name": str(tower[0])}}


def _text_tower(source: Source) -> tuple[Path, dict[str, Any]] | None:
    """Return the folder and the configuration of a text tower of transformers, which must need no code of its own."""
    name = source.network["text_cfg"].get("hf_model_name")
    if not name:
        return None
    is_folder = source.anywhere and Path(name).is_dir()
    folder = Path(name) if is_folder else hub_snapshot(name, patterns=("config.json",))
    try:
        configuration = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"Expected the text tower's config.json of {name} in {folder}: {error!s:.160}.") from error
    if "auto_map" in configuration:
        raise ModelError(f"{folder / 'config.json'} asks for code of its own, which is never run. Use another model.")
    return folder, configuration


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Keep back what the library says to the root logger: that weights are missing which come right after."""
    root = logging.getLogger()
    # With a handler in place, the library's remark does not set one up for the whole process.
    silent, refuse = logging.NullHandler(), _refuse
    root.addHandler(silent)
    root.addFilter(refuse)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="open_clip")
            yield
    finally:
        root.removeFilter(refuse)
        root.removeHandler(silent)


def _refuse(record: logging.LogRecord) -> bool:
    return False
