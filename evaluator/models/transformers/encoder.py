"""A loaded dual encoder of transformers: whatever has features of images and of texts, one vector each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

from evaluator.devices import is_out_of_memory
from evaluator.dual_encoder import unit_rows, weights_dtype
from evaluator.fingerprints import (
    configuration_file_digest,
    described_network,
    described_processor,
    tokenizer_digest,
)
from evaluator.library_versions import library_versions
from evaluator.model import EncoderFacts, ModelError, ModelRequest
from evaluator.models.transformers.text import Captions, captions_of
from evaluator.weights.pretrained_folder import (
    CONFIGURATION,
    UNUSABLE,
    PretrainedFolder,
    find_folder,
    first_line,
    quiet,
)
from evaluator.weights.pretrained_network import load_network
from splits.shown import quoted

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

LIBRARIES = ("transformers", "torch", "torchvision", "timm", "tokenizers", "sentencepiece", "pillow", "numpy")
OTHER_FAMILIES = {"blip": "blip", "blip-2": "blip2", "vilt": "vilt", "bridgetower": "bridgetower"}
"""Which family a type of model belongs to that is more than a dual encoder."""
FIRST_OF_TOKENS = frozenset({"flava"})
"""Types of model that give a vector for every token, of which the first was trained to stand for the whole."""
FEATURES = ("get_image_features", "get_text_features")


@dataclass(frozen=True, slots=True, eq=False)
class TransformersEncoder:
    """A loaded checkpoint of transformers."""

    network: Any
    processor: Any
    captions: Captions
    device: str
    dtype: "torch.dtype"
    facts: EncoderFacts

    def prepare_image(self, picture: "Image") -> "Mapping[str, torch.Tensor]":
        """Apply the checkpoint's own image processor."""
        accepted = signature(self.network.get_image_features).parameters
        found = self.processor(images=picture, return_tensors="pt")
        return {name: value for name, value in found.items() if name in accepted}

    def collate_images(self, prepared: "Sequence[Mapping[str, torch.Tensor]]") -> "Mapping[str, torch.Tensor]":
        """Join pictures."""
        import torch

        return {name: torch.cat([one[name] for one in prepared]) for name in prepared[0]}

    def encode_images(self, batch: "Mapping[str, torch.Tensor]") -> "torch.Tensor":
        """Encode pictures."""
        given = {
            name: value.to(self.device, self.dtype if value.is_floating_point() else None, non_blocking=True)
            for name, value in batch.items()
        }
        return unit_rows(_vectors(self.network.get_image_features(**given), self.network))

    def encode_captions(self, captions: Sequence[str]) -> "torch.Tensor":
        """Encode captions."""
        given = {name: value.to(self.device) for name, value in self.captions.tokens(captions).items()}
        return unit_rows(_vectors(self.network.get_text_features(**given), self.network))

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of which tokens are left out."""
        return self.captions.count_truncated(captions)


def load_encoder(request: ModelRequest) -> TransformersEncoder:
    """Load a checkpoint.

    Raises:
        ModelError: Its files are missing or wrong, or its type of model is no dual encoder.
    """
    folder = find_folder(request)
    configuration = _configuration(folder)
    kind = _class_of(folder, configuration)
    network, digest = load_network(folder, kind, configuration)
    processor = _image_processor(folder)
    captions = captions_of(folder, configuration, network)
    dtype = weights_dtype(request.precision)
    network = network.to(request.device, dtype).requires_grad_(False)
    facts = EncoderFacts(
        reference=f"transformers:{request.name}",
        revision=folder.revision,
        weights_sha256=digest,
        parameters=sum(one.numel() for one in network.parameters()),
        image_transform=described_processor(processor),
        resize_backend=_backend(processor),
        text_transform=captions.description,
        context_length=captions.length,
        dtype=str(dtype).removeprefix("torch."),
        network=described_network(network),
        network_sha256=configuration_file_digest(folder.path / CONFIGURATION),
        tokenizer_sha256=tokenizer_digest(folder.path),
        libraries=library_versions(LIBRARIES),
    )
    encoder = TransformersEncoder(network, processor, captions, request.device, dtype, facts)
    _refuse_other_shape(encoder, configuration)
    return encoder


def _configuration(folder: PretrainedFolder) -> Any:
    from transformers import AutoConfig

    try:
        with quiet():
            return AutoConfig.from_pretrained(folder.path, local_files_only=True, trust_remote_code=False)
    except UNUSABLE as error:
        raise ModelError(
            f"transformers:{folder.name}: its config.json in {folder.path} describes no model that the installed"
            f" library has; code that comes with a model is never run. {first_line(error)}"
        ) from error


def _class_of(folder: PretrainedFolder, configuration: Any) -> Any:
    from transformers import MODEL_MAPPING

    family = OTHER_FAMILIES.get(configuration.model_type)
    if family:
        raise ModelError(
            f"transformers:{folder.name} is a model of type {quoted(str(configuration.model_type))}, which also"
            f" matches pairs. Use its own family: {family}:{folder.name}"
        )
    kind = MODEL_MAPPING.get(type(configuration), None)
    if not all(hasattr(kind, feature) for feature in FEATURES):
        raise _no_dual_encoder(folder.name, configuration, f"the library's class for it lacks {' or '.join(FEATURES)}")
    return kind


def _no_dual_encoder(name: str, configuration: Any, reason: str) -> ModelError:
    return ModelError(
        f"transformers:{name} is a model of type {quoted(str(configuration.model_type))}, no dual encoder: {reason}."
        " Expected one vector for a picture and one for a caption, as CLIP, SigLIP, ALIGN or AltCLIP give; where it"
        " should, check that configuration, tokenizer and image processor belong together."
    )


def _image_processor(folder: PretrainedFolder) -> Any:
    from transformers import AutoImageProcessor

    try:
        with quiet():
            # The other backend resizes with torchvision, which differs from PIL by up to a grey level.
            return AutoImageProcessor.from_pretrained(
                folder.path, backend="pil", local_files_only=True, trust_remote_code=False
            )
    except UNUSABLE as error:
        raise ModelError(
            f"transformers:{folder.name}: its image processor cannot be read from {folder.path}: {first_line(error)}"
        ) from error


def _backend(processor: Any) -> str:
    from transformers.image_processing_backends import TorchvisionBackend

    return "torchvision" if isinstance(processor, TorchvisionBackend) else "PIL"


def _vectors(features: Any, network: Any) -> "torch.Tensor":
    """Return what the library calls features: a tensor, or an object that holds it, as its versions have it."""
    vectors: torch.Tensor = getattr(features, "pooler_output", features)
    return vectors[:, 0] if network.config.model_type in FIRST_OF_TOKENS else vectors


def _refuse_other_shape(encoder: TransformersEncoder, configuration: Any) -> None:
    """Encode one black picture and one word: what is no dual encoder shows here, not after an hour."""
    import torch
    from PIL import Image

    name = encoder.facts.reference.partition(":")[2]
    try:
        with torch.inference_mode(), quiet():
            black = encoder.prepare_image(Image.new("RGB", (64, 64)))
            image = encoder.encode_images(encoder.collate_images([black]))
            caption = encoder.encode_captions(["a"])
    except UNUSABLE as error:
        if is_out_of_memory(error):
            raise
        reason = (
            f"a picture and a caption do not go through it ({type(error).__name__}: {first_line(error).rstrip('.')})"
        )
        raise _no_dual_encoder(name, configuration, reason) from error
    if image.ndim != 2 or image.shape != caption.shape:
        found = f"it gave {tuple(image.shape)} for a picture and {tuple(caption.shape)} for a caption"
        raise _no_dual_encoder(name, configuration, found)
