"""From the layouts in which X-VLM checkpoints are published to that of the network here.

A checkpoint fine-tuned for retrieval has the network's keys, but for timm's place of the downsampling, and buffers that
are computed here. One from pre-training has its text encoder one level deeper and heads that retrieval does not use.
"""

import math
import re
from collections.abc import Mapping

from torch import Tensor, nn

from evaluator.networks.xvlm_interpolation import interpolate_bias_table
from evaluator.weights.shapes import check_shapes

BIAS_TABLE = "relative_position_bias_table"
FIRST_BIAS_TABLE = f"vision_encoder.layers.0.blocks.0.attn.{BIAS_TABLE}"
BUFFERS = ("relative_position_index", "attn_mask", "position_ids")
UNUSED = ("bbox_head.", "text_encoder.cls.")
LARGEST_WINDOW = 64
SMALLEST_SIDE = 5
"""A cubic spline needs four places, and a table has an odd number of them."""
_DOWNSAMPLE = re.compile(r"^(vision_encoder\.layers\.)(\d+)(\.downsample\..*)$")


def published_window(state: Mapping[str, Tensor]) -> int | None:
    """Return the window a checkpoint was trained with; None where it has no such table."""
    table = state.get(FIRST_BIAS_TABLE)
    side = 0 if table is None else _side(table)
    # A file may claim any size: beyond this no network is built for it.
    return (side + 1) // 2 if 0 < side < 2 * LARGEST_WINDOW else None


def published_weights(network: nn.Module, state: Mapping[str, Tensor], where: str) -> tuple[dict[str, Tensor], int]:
    """Turn a published checkpoint into the weights of a network, position biases interpolated for larger windows.

    Args:
        network: An `Xvlm`, which may be without memory, on the device `meta`.
        state: The tensors of the file, by name.
        where: The file, for messages.

    Returns:
        The weights under the network's keys, and how many tables of biases were interpolated.

    Raises:
        ModelError: Weights are missing, unexpected or of another shape.
    """
    wanted = {_published_key(key): weight for key, weight in network.state_dict().items()}
    found = _for_retrieval(state)
    grown = {
        key: interpolate_bias_table(table, math.isqrt(len(wanted[key])))
        for key, table in found.items()
        if key.endswith(BIAS_TABLE) and key in wanted and _can_grow(table, wanted[key])
    }
    found |= grown
    check_shapes(wanted, found, where)
    return {_network_key(key): weight for key, weight in found.items()}, len(grown)


def _for_retrieval(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Leave out buffers and the heads of pre-training, and lift the text encoder out of its wrapper."""
    return {
        key.replace("text_encoder.bert.", "text_encoder.", 1): weight
        for key, weight in state.items()
        if not key.endswith(BUFFERS) and not key.startswith(UNUSED)
    }


def _can_grow(found: Tensor, wanted: Tensor) -> bool:
    """Whether a table of biases belongs to a smaller window than the one wanted, and to as many heads."""
    return found.shape[1:] == wanted.shape[1:] and len(found) < len(wanted) and _side(found) >= SMALLEST_SIDE


def _side(table: Tensor) -> int:
    """Return how many offsets a table has along each side; 0 for what is no table."""
    side = math.isqrt(len(table)) if table.dim() == 2 else 0
    return side if side % 2 and side * side == len(table) else 0


def _network_key(key: str) -> str:
    """Say where timm keeps a weight: downsampling opens a stage there, and closes one in the checkpoints."""
    return _DOWNSAMPLE.sub(lambda found: f"{found[1]}{int(found[2]) + 1}{found[3]}", key)


def _published_key(key: str) -> str:
    return _DOWNSAMPLE.sub(lambda found: f"{found[1]}{int(found[2]) - 1}{found[3]}", key)
