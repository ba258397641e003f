"""What loaded cross-encoders in the layout of transformers share: pictures as arrays, and captions as tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import CaptionIds
from evaluator.model import EncoderFacts, ModelError, States

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CrossEncoder:
    """The part of a loaded checkpoint that prepares what its network reads."""

    processor: Any
    captions: CaptionIds
    device: str
    dtype: "torch.dtype"
    facts: EncoderFacts

    def prepare_image(self, picture: "Image") -> NDArray[np.float32]:
        """Apply the checkpoint's own image processor."""
        try:
            pixels: NDArray[np.float32] = self.processor(picture, return_tensors="np")["pixel_values"][0]
        except ValueError as error:
            raise ModelError(
                f"A picture of {picture.width} x {picture.height} pixels cannot be cut into patches: {error!s:.120}."
                f" {self.facts.reference} leaves nothing of a very long picture; use another model for this split."
            ) from error
        return pixels

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of which tokens, or words, are left out."""
        return self.captions.count_truncated(captions)

    def caption_states(self, captions: Sequence[str]) -> States:
        """Return the tokens."""
        return self.captions.of(captions)

    def on_device(self, pixels: "torch.Tensor") -> "torch.Tensor":
        """Return pictures where and in the numbers that the network computes with."""
        return pixels.to(self.device, self.dtype, non_blocking=True)


def stacked(prepared: Sequence[NDArray[np.float32]]) -> "torch.Tensor":
    """Stack prepared pictures, all of one size, in the host's memory."""
    import torch

    return torch.from_numpy(np.stack(prepared))
