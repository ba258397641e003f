"""Weights held against the network that is to take them, by name and shape."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from evaluator.model import ModelError

Shape: TypeAlias = Sequence[int]

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
    faults = shown_faults(
        missing=[key for key in wanted if key not in found],
        unexpected=[key for key in found if key not in wanted],
        misshapen=[
            (key, _shape(found[key]), _shape(wanted[key]))
            for key in wanted
            if key in found and _shape(found[key]) != _shape(wanted[key])
        ],
    )
    if faults:
        raise ModelError(
            f"The weights in {where} are not those of this network, which has {len(wanted):,}; {faults}."
            " Use the file of this model and size."
        )


def shown_faults(
    *, missing: Sequence[str], misshapen: Sequence[tuple[str, Shape, Shape]], unexpected: Sequence[str] = ()
) -> str:
    """Say how weights differ from those wanted; empty where they do not.

    Args:
        missing: Names that are wanted and were not found.
        misshapen: Names with the shape found and the shape wanted.
        unexpected: Names that were found and are not wanted.
    """
    differing = [f"{key} ({_shown(found)}, expected {_shown(wanted)})" for key, found, wanted in misshapen]
    return "; ".join(
        f"{len(keys):,} {kind}: {', '.join(keys[:NAMED])}{', ...' if len(keys) > NAMED else ''}"
        for kind, keys in (("missing", missing), ("unexpected", unexpected), ("of another shape", differing))
        if keys
    )


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", value))


def _shown(shape: Shape) -> str:
    return " × ".join(map(str, shape)) or "a single number"
