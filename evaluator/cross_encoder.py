"""What the cross-encoders in the layout of transformers share: pictures as arrays, captions as tokens, and facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import CaptionIds
from evaluator.fingerprints import (
    configuration_file_digest,
    described_network,
    described_processor,
    tokenizer_digest,
)
from evaluator.library_versions import library_versions
from evaluator.model import EncoderFacts, ModelError, ModelRequest, States
from evaluator.weights.pretrained_folder import CONFIGURATION, PretrainedFolder

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

LIBRARIES = ("torch", "transformers", "tokenizers", "pillow", "numpy")


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


def cross_encoder_facts(
    family: str,
    request: ModelRequest,
    folder: PretrainedFolder,
    *,
    network: Any,
    weights_sha256: str,
    processor: Any,
    captions: CaptionIds,
    dtype: "torch.dtype",
    pictures: str = "",
    wording: str = "",
) -> EncoderFacts:
    """Write down the facts of a checkpoint in the layout of transformers.

    Args:
        family: The family's name.
        request: What was asked for.
        folder: Where it was found.
        network: As it was built.
        weights_sha256: Of its weights.
        processor: Prepares pictures.
        captions: Turns captions into tokens.
        dtype: Of the weights.
        pictures: What else is done to pictures, after a semicolon.
        wording: What else is done to captions, after a semicolon.
    """
    return EncoderFacts(
        reference=f"{family}:{request.name}",
        revision=folder.revision,
        weights_sha256=weights_sha256,
        parameters=sum(one.numel() for one in network.parameters()),
        image_transform=f"{described_processor(processor)}{pictures}",
        resize_backend="PIL",
        text_transform=f"{captions.description}{wording}",
        context_length=captions.length,
        dtype=str(dtype).removeprefix("torch."),
        network=described_network(network),
        network_sha256=configuration_file_digest(folder.path / CONFIGURATION),
        tokenizer_sha256=tokenizer_digest(folder.path),
        libraries=library_versions(LIBRARIES),
    )
