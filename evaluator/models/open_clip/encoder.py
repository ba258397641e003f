"""A loaded checkpoint of open_clip, which computes as the library called by hand does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluator.dual_encoder import unit_rows, weights_dtype
from evaluator.fingerprints import configuration_digest, described_network
from evaluator.library_versions import library_versions
from evaluator.model import EncoderFacts, ModelRequest
from evaluator.models.open_clip.network import build_network, load_weights, whole_configuration
from evaluator.models.open_clip.sources import Source, find_source
from evaluator.models.open_clip.text import Captions, captions_of

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

LIBRARIES = ("open_clip_torch", "torch", "torchvision", "timm", "transformers", "tokenizers", "pillow", "numpy")
CLEANING = ("ftfy", "regex")
"""What the library cleans captions with."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenClipEncoder:
    """A loaded checkpoint of open_clip."""

    network: Any
    transform: "Callable[[Image], torch.Tensor]"
    captions: Captions
    device: str
    dtype: "torch.dtype"
    facts: EncoderFacts

    def prepare_image(self, picture: "Image") -> "torch.Tensor":
        """Apply the library's evaluation transform, which resizes with PIL."""
        return self.transform(picture)

    def collate_images(self, prepared: "Sequence[torch.Tensor]") -> "torch.Tensor":
        """Stack pictures."""
        import torch

        stacked: torch.Tensor = torch.stack(list(prepared))
        return stacked

    def encode_images(self, batch: "torch.Tensor") -> "torch.Tensor":
        """Encode pictures."""
        pixels = batch.to(self.device, self.dtype, non_blocking=True)
        return unit_rows(self.network.encode_image(pixels, normalize=False))

    def encode_captions(self, captions: Sequence[str]) -> "torch.Tensor":
        """Encode captions, cut to the context as the library cuts them."""
        tokens = self.captions.tokens(captions).to(self.device, non_blocking=True)
        return unit_rows(self.network.encode_text(tokens, normalize=False))

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of which tokens are left out."""
        return self.captions.count_truncated(captions)


def load(request: ModelRequest) -> OpenClipEncoder:
    """Load a checkpoint.

    Raises:
        ModelError: There is no such architecture, tag or folder; or its weights are missing or wrong.
    """
    source = find_source(request)
    network, transform = build_network(source)
    digest = load_weights(network, source, sha256=request.weights_sha256)
    captions = captions_of(source)
    dtype = weights_dtype(request.precision)
    network = network.to(request.device, dtype).requires_grad_(False)
    facts = _facts(source, network, transform, captions, digest=digest, dtype=dtype)
    return OpenClipEncoder(network, transform, captions, request.device, dtype, facts)


def _facts(
    source: Source, network: Any, transform: Any, captions: Captions, *, digest: str, dtype: "torch.dtype"
) -> EncoderFacts:
    return EncoderFacts(
        reference=f"open_clip:{source.reference}",
        revision=source.revision,
        weights_sha256=digest,
        parameters=sum(one.numel() for one in network.parameters()),
        image_transform=" ".join(str(transform).split()),
        resize_backend="PIL",
        text_transform=captions.description,
        context_length=captions.length,
        dtype=str(dtype).removeprefix("torch."),
        network=described_network(network),
        network_sha256=configuration_digest(whole_configuration(source)),
        tokenizer_sha256=captions.digest,
        libraries=library_versions((*LIBRARIES, *CLEANING)),
    )
