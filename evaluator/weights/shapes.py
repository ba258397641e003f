"""Weights held against the network that is to take them, by name and shape."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluator.model import ModelError

NAMED = 3
"""How many keys of each kind a message names."""


def check_shapes(wanted: Mapping[str, Any], found: Mapping[str, Any], where: str) -> None:
    """Check that weights are those a network needs, by name and shape; values are tensors or shapes.

    Args:
        wanted: What the network has.
        found: What was read.
        where: The file, for the message.

    Raises:
        ModelError: Some are missing, unexpected or of another shape; the first three of each are named.
    """
    missing = [key for key in wanted if key not in found]
    unexpected = [key for key in found if key not in wanted]
    differing = [
        f"{key} ({_shown(_shape(found[key]))}, expected {_shown(_shape(wanted[key]))})"
        for key in wanted
        if key in found and _shape(found[key]) != _shape(wanted[key])
    ]
    faults = [
        f"{len(keys):,} {kind}: {', '.join(keys[:NAMED])}{', ...' if len(keys) > NAMED else ''}"
        for kind, keys in (("missing", missing), ("unexpected", unexpected), ("of another shape", differing))
        if keys
    ]
    if faults:
        raise ModelError(
            f"The weights in {where} are not those of this network, which has {len(wanted):,}; {'; '.join(faults)}."
            " Use the file of this model and size."
        )


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", value))


def _shown(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "a single number"
