"""Relative position biases for larger windows than those a checkpoint was trained with.

Neighbours matter most, so the trained offsets are spread outwards in steps that grow geometrically, and the biases
between them follow a bicubic spline.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline
from torch import Tensor

SMALLEST_RATIO, LARGEST_RATIO = 1.01, 1.5
TOLERANCE = 1e-6


def interpolate_bias_table(table: Tensor, side: int) -> Tensor:
    """Interpolate one layer's table, of shape (offsets * offsets, heads), for a larger window.

    Args:
        table: With one row for every offset of a window, row by row, and one column per head.
        side: Twice the new window less one.
    """
    old_side = round(len(table) ** 0.5)
    places = _spread_offsets(old_side, side)
    targets = np.arange(-(side // 2), side // 2 + 1, dtype=np.float64)
    heads = table.detach().to(torch.float32).numpy().T.reshape(-1, old_side, old_side)
    grown = [RectBivariateSpline(places, places, head, kx=3, ky=3, s=0)(targets, targets) for head in heads]
    return torch.from_numpy(np.stack(grown).reshape(len(grown), -1).T.astype(np.float32)).to(table.dtype)


def _spread_offsets(old_side: int, side: int) -> NDArray[np.float64]:
    """Place the trained offsets, symmetric around 0, so that the outermost reaches the edge of the new table."""
    ratio = _ratio(old_side // 2, side // 2)
    outwards = np.cumsum(ratio ** np.arange(old_side // 2))
    return np.concatenate([-outwards[::-1], [0.0], outwards])


def _ratio(steps: int, reach: int) -> float:
    """Bisect for the ratio of a geometric series that begins with 1 and whose first steps sum to the reach."""
    low, high = SMALLEST_RATIO, LARGEST_RATIO
    ratio = low
    while high - low > TOLERANCE:
        ratio = (low + high) / 2
        if (1 - ratio**steps) / (1 - ratio) > reach:
            high = ratio
        else:
            low = ratio
    return ratio
