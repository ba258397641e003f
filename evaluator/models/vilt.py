"""ViLT: one transformer over caption and patches together; it has no encoder of its own to find candidates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import CaptionIds, as_tensors, described
from evaluator.dual_encoder import library_versions, weights_dtype
from evaluator.model import Checkpoint, EncoderFacts, ModelError, ModelFamily, ModelRequest, States
from evaluator.weights.pretrained_folder import GRAMMAR, find_folder
from evaluator.weights.pretrained_network import load_network

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

LENGTH = 40
ALL_PATCHES = -1
PRETRAINED_HEAD, RANK_HEAD = "itm_score.fc", "rank_output"


class Patches(NamedTuple):
    """One picture as the transformer reads it."""

    embeddings: "torch.Tensor"
    mask: "torch.Tensor"


@dataclass(frozen=True, slots=True, eq=False)
class Vilt:
    """A loaded checkpoint."""

    network: Any
    processor: Any
    captions: CaptionIds
    device: str
    dtype: Any
    facts: EncoderFacts
    head_rule: str = "itm"

    def prepare_image(self, picture: "Image") -> NDArray[np.float32]:
        """Resize, keeping the proportions up to multiples of 32, and normalise."""
        try:
            pixels: NDArray[np.float32] = self.processor(picture, return_tensors="np")["pixel_values"][0]
        except ValueError as error:
            raise ModelError(
                f"A picture of {picture.width} x {picture.height} pixels cannot be cut into patches: {error!s:.120}."
                " ViLT rounds sides down to multiples of 32, which leaves nothing of a very long picture; use another"
                " model for this split."
            ) from error
        return pixels

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of more than 40 tokens."""
        return self.captions.count_truncated(captions)

    def caption_states(self, captions: Sequence[str]) -> States:
        """Return the tokens."""
        return self.captions.of(captions)

    def image_state(self, prepared: NDArray[np.float32]) -> Patches:
        """Embed the patches of one picture, by itself: padding to another's size would change its scores."""
        import torch

        pixels = torch.from_numpy(prepared)[None].to(self.device, self.dtype)
        whole = torch.ones(1, *pixels.shape[2:], dtype=torch.long, device=self.device)
        embed = self.network.vilt.embeddings.visual_embed
        patches, mask, (places, (_, width)) = embed(pixels, whole, max_image_length=ALL_PATCHES)
        # The library draws the order of the patches, which only moves the last bits: put it right.
        order = (places[0, :, 0] * width + places[0, :, 1]).argsort()
        first = patches[:, :1]
        return Patches(torch.cat([first, patches[:, 1:][:, order]], dim=1), mask)

    def match(self, image_state: Patches, captions: States) -> NDArray[np.float32]:
        """Return the rank score of the pair."""
        ids, mask = as_tensors(captions, self.device)
        found = self.network(
            input_ids=ids,
            attention_mask=mask,
            image_embeds=image_state.embeddings.expand(len(ids), -1, -1),
            pixel_mask=image_state.mask.expand(len(ids), -1),
            return_dict=True,
        )
        scores: NDArray[np.float32] = found.logits[:, 0].float().cpu().numpy()
        return scores


def load(request: ModelRequest) -> Vilt:
    """Load a checkpoint of ViltForImageAndTextRetrieval."""
    from transformers import BertTokenizer, ViltConfig, ViltForImageAndTextRetrieval, ViltImageProcessorPil

    folder = find_folder(request, model_type="vilt")
    network, digest = load_network(
        folder,
        ViltForImageAndTextRetrieval,
        folder.part(ViltConfig, "a configuration"),
        adapt=_with_rank_head,
    )
    dtype = weights_dtype(request.precision)
    network = network.to(request.device, dtype)
    processor = folder.part(ViltImageProcessorPil, "an image processor")
    captions = CaptionIds(folder.tokenizer(BertTokenizer), LENGTH)
    facts = EncoderFacts(
        reference=f"vilt:{request.name}",
        revision=folder.revision,
        weights_sha256=digest,
        parameters=sum(one.numel() for one in network.parameters()),
        image_transform=f"{described(processor)}; one picture at a time, all patches",
        resize_backend="PIL",
        text_transform=captions.description,
        context_length=LENGTH,
        dtype=str(dtype).removeprefix("torch."),
        libraries=library_versions(("torch", "transformers", "pillow")),
    )
    return Vilt(network, processor, captions, request.device, dtype, facts)


def _with_rank_head(state: "dict[str, torch.Tensor]") -> "dict[str, torch.Tensor]":
    """Give a checkpoint that was only pre-trained the score that its authors start from: that the pair matches."""
    if f"{RANK_HEAD}.weight" in state:
        return state
    rank = {
        f"{RANK_HEAD}.{part}": state[f"{PRETRAINED_HEAD}.{part}"][1:2]
        for part in ("weight", "bias")
        if f"{PRETRAINED_HEAD}.{part}" in state
    }
    return state | rank


_ANY = Checkpoint(
    name="",
    source="",
    licence="Apache-2.0",
    resolution=640,
    pretraining_data="COCO, Visual Genome, SBU, Conceptual Captions (4M images)",
    citation="Kim et al. 2021, ViLT, arXiv 2102.03334",
)

VILT = ModelFamily(
    name="vilt",
    title="ViLT (cross-encoder; needs another model's candidates)",
    load=load,
    checkpoints=(
        replace(
            _ANY,
            name="dandelin/vilt-b32-finetuned-coco",
            source="hf-hub:dandelin/vilt-b32-finetuned-coco",
            setting="fine-tuned on COCO",
        ),
        replace(
            _ANY,
            name="dandelin/vilt-b32-finetuned-flickr30k",
            source="hf-hub:dandelin/vilt-b32-finetuned-flickr30k",
            setting="fine-tuned on Flickr30k",
        ),
    ),
    grammar=GRAMMAR,
    needs_candidates=True,
    dependencies=("torch", "transformers"),
)
