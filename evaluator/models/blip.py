"""BLIP: an image-text contrastive encoder finds the candidates, a text encoder with cross-attention matches them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import CaptionIds, as_tensors, described
from evaluator.dual_encoder import library_versions, unit_rows, weights_dtype
from evaluator.model import Checkpoint, EncoderFacts, ModelError, ModelFamily, ModelRequest, States
from evaluator.weights.pretrained_folder import GRAMMAR, find_folder
from evaluator.weights.pretrained_network import load_network

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

LENGTH = 35
MOST_WORDS = 30
MARK = "[ENC]"
"""Stands in place of the first token where a caption is matched with a picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Blip:
    """A loaded checkpoint."""

    network: Any
    processor: Any
    captions: CaptionIds
    mark: int
    device: str
    dtype: Any
    facts: EncoderFacts
    head_rule: str = "itm+itc"

    def prepare_image(self, picture: "Image") -> NDArray[np.float32]:
        """Resize, without keeping the proportions, and normalise."""
        pixels: NDArray[np.float32] = self.processor(picture, return_tensors="np")["pixel_values"][0]
        return pixels

    def collate_images(self, prepared: Sequence[NDArray[np.float32]]) -> "torch.Tensor":
        """Stack pictures."""
        import torch

        return torch.from_numpy(np.stack(prepared))

    def encode_images(self, batch: "torch.Tensor") -> "torch.Tensor":
        """Project the first token of each picture."""
        return unit_rows(self.network.vision_proj(self._seen(batch)[:, 0]))

    def encode_captions(self, captions: Sequence[str]) -> "torch.Tensor":
        """Project the first token of each caption."""
        ids, mask = as_tensors(self.captions.of(captions), self.device)
        read = self.network.text_encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return unit_rows(self.network.text_proj(read[:, 0]))

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of more than 35 tokens or 30 words."""
        return self.captions.count_truncated(captions)

    def caption_states(self, captions: Sequence[str]) -> States:
        """Return the tokens, the first one replaced."""
        states = self.captions.of(captions)
        states["ids"][:, 0] = self.mark
        return states

    def image_state(self, prepared: NDArray[np.float32]) -> "torch.Tensor":
        """Return all tokens of one picture."""
        return self._seen(self.collate_images([prepared]))

    def match(self, image_state: "torch.Tensor", captions: States) -> NDArray[np.float32]:
        """Return the logit that the pair belongs together."""
        ids, mask = as_tensors(captions, self.device)
        seen = image_state.expand(len(ids), -1, -1)
        read = self.network.text_encoder(input_ids=ids, attention_mask=mask, encoder_hidden_states=seen)
        logits = self.network.itm_head(read.last_hidden_state[:, 0])[:, 1]
        scores: NDArray[np.float32] = logits.float().cpu().numpy()
        return scores

    def _seen(self, batch: "torch.Tensor") -> "torch.Tensor":
        pixels = batch.to(self.device, self.dtype, non_blocking=True)
        seen: torch.Tensor = self.network.vision_model(pixel_values=pixels).last_hidden_state
        return seen


def load(request: ModelRequest) -> Blip:
    """Load a checkpoint of BlipForImageTextRetrieval."""
    from transformers import BertTokenizer, BlipConfig, BlipForImageTextRetrieval, BlipImageProcessorPil

    folder = find_folder(request, model_type="blip")
    network, digest = load_network(folder, BlipForImageTextRetrieval, folder.part(BlipConfig, "a configuration"))
    dtype = weights_dtype(request.precision)
    network = network.to(request.device, dtype)
    tokenizer = folder.tokenizer(BertTokenizer)
    processor = folder.part(BlipImageProcessorPil, "an image processor")
    captions = CaptionIds(tokenizer, LENGTH, MOST_WORDS)
    facts = EncoderFacts(
        reference=f"blip:{request.name}",
        revision=folder.revision,
        weights_sha256=digest,
        parameters=sum(one.numel() for one in network.parameters()),
        image_transform=described(processor),
        resize_backend="PIL",
        text_transform=f"{captions.description}; matched with {MARK} in place of the first token",
        context_length=LENGTH,
        dtype=str(dtype).removeprefix("torch."),
        libraries=library_versions(("torch", "transformers", "pillow")),
    )
    return Blip(network, processor, captions, _mark(network, tokenizer, request.name), request.device, dtype, facts)


def _mark(network: Any, tokenizer: Any, name: str) -> int:
    """Find the token that says that a picture is read along; the tokenizers of the hub do not know it."""
    vocabulary = tokenizer.get_vocab()
    last = int(network.config.text_config.vocab_size) - 1
    found = int(vocabulary.get(MARK, last))
    if found > last or (MARK not in vocabulary and last in vocabulary.values()):
        raise ModelError(
            f"blip:{name}: expected a token {MARK}, or a place for it after the {len(vocabulary):,} tokens of the"
            f" tokenizer; the network knows {last + 1:,}. Use the tokenizer that the checkpoint was trained with."
        )
    return found


_ANY = Checkpoint(
    name="",
    source="",
    licence="BSD-3-Clause",
    resolution=384,
    pretraining_data="129M image-text pairs, captions bootstrapped (CapFilt)",
    citation="Li et al. 2022, BLIP, arXiv 2201.12086",
)


def _checkpoint(name: str, data: str) -> Checkpoint:
    return replace(_ANY, name=name, source=f"hf-hub:{name}", setting=f"fine-tuned on {data}")


BLIP = ModelFamily(
    name="blip",
    title="BLIP (contrastive, then image-text matching)",
    load=load,
    checkpoints=(
        _checkpoint("Salesforce/blip-itm-base-coco", "COCO"),
        _checkpoint("Salesforce/blip-itm-large-coco", "COCO"),
        _checkpoint("Salesforce/blip-itm-base-flickr", "Flickr30k"),
        _checkpoint("Salesforce/blip-itm-large-flickr", "Flickr30k"),
    ),
    grammar=GRAMMAR,
    is_two_stage=True,
    dependencies=("torch", "transformers"),
)
