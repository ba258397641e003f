"""What the families of dual encoders share: rows of length 1, and the type of number they compute with."""

from typing import TYPE_CHECKING

from evaluator.model import Precision

if TYPE_CHECKING:
    import torch


def unit_rows(features: "torch.Tensor") -> "torch.Tensor":
    """Return features as float32 rows of length 1, wherever they are."""
    from torch.nn import functional

    rows: torch.Tensor = functional.normalize(features.float(), dim=-1)
    return rows


def weights_dtype(precision: Precision) -> "torch.dtype":
    """Return the number type of the weights in a run of some precision: `amp` keeps them in float32."""
    import torch

    return torch.bfloat16 if precision is Precision.BF16 else torch.float32
