"""Networks of transformers, filled from files of weights that are read as data alone."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from evaluator.model import ModelError
from evaluator.weights.files import files_digest, refuse_missing, refuse_other
from evaluator.weights.pretrained_folder import UNUSABLE, PretrainedFolder, first_line, quiet
from evaluator.weights.reading import read_weights
from evaluator.weights.shapes import shown_faults

if TYPE_CHECKING:
    from torch import Tensor

    State: TypeAlias = dict[str, Tensor]


def load_network(
    folder: PretrainedFolder,
    kind: Any,
    configuration: Any,
    *,
    adapt: "Callable[[State], State] | None" = None,
    attention: str | None = None,
) -> tuple[Any, str]:
    """Build a network in float32 and fill it with its weights.

    Args:
        folder: Where the weights are.
        kind: The network's class in transformers.
        configuration: Of that class.
        adapt: Renames or cuts weights before they are taken.
        attention: How the library is to compute attention; what it prefers if omitted.

    Returns:
        The network, ready to evaluate, and the SHA-256 of its weights.

    Raises:
        ModelError: Weights cannot be read, are missing or have other shapes; further ones are let go.
    """
    import torch

    state, digest = _state(folder)
    state = adapt(state) if adapt else state
    try:
        with quiet():
            network, report = kind.from_pretrained(
                None,
                config=configuration,
                state_dict=state,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
                attn_implementation=attention,
            )
    except UNUSABLE as error:
        raise ModelError(f"{folder.name} cannot be built as {kind.__name__}: {first_line(error)}") from error
    _refuse_incomplete(folder, kind, report)
    return network.eval(), digest


def _state(folder: PretrainedFolder) -> "tuple[State, str]":
    if len(folder.weights) == 1:
        return read_weights(folder.weights[0], sha256=folder.weights_sha256)
    for path in folder.weights:
        refuse_missing(path)
    digest = files_digest(folder.weights)
    refuse_other(folder.weights, digest, folder.weights_sha256)
    state: State = {}
    for path in folder.weights:
        state |= read_weights(path)[0]
    return state, digest


def _refuse_incomplete(folder: PretrainedFolder, kind: Any, report: Mapping[str, Any]) -> None:
    faults = shown_faults(missing=sorted(report["missing_keys"]), misshapen=sorted(report["mismatched_keys"], key=str))
    if faults:
        raise ModelError(
            f"The weights of {folder.name} in {folder.weights[0]} are not all that {kind.__name__} needs;"
            f" {faults}. Use a checkpoint of this family that was trained for retrieval."
        )
