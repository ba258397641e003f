"""ViLT: one transformer over caption and patches together; it has no encoder of its own to find candidates."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import as_tensors
from evaluator.cross_encoder import CrossEncoder
from evaluator.cross_encoder_family import Layout, cross_encoder_family, load_parts
from evaluator.model import Checkpoint, ModelFamily, ModelRequest, States

if TYPE_CHECKING:
    import torch

MODEL_TYPE = "vilt"
LENGTH = 40
ALL_PATCHES = -1
PRETRAINED_HEAD, RANK_HEAD = "itm_score.fc", "rank_output"


class Patches(NamedTuple):
    """One picture as the transformer reads it."""

    embeddings: "torch.Tensor"
    mask: "torch.Tensor"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Vilt(CrossEncoder):
    """A loaded checkpoint."""

    network: Any
    head_rule: str = "itm"

    def image_state(self, prepared: NDArray[np.float32]) -> Patches:
        """Embed the patches of one picture, by itself: padding to another's size would change its scores."""
        import torch

        pixels = self.on_device(torch.from_numpy(prepared)[None])
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

    layout = Layout(
        family="vilt",
        model_type=MODEL_TYPE,
        network=ViltForImageAndTextRetrieval,
        configuration=ViltConfig,
        processor=ViltImageProcessorPil,
        tokenizer=BertTokenizer,
        length=LENGTH,
        adapt=_with_rank_head,
        pictures="; one picture at a time, all patches",
    )
    network, parts = load_parts(request, layout)
    return Vilt(network=network, **parts)


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


VILT: ModelFamily = cross_encoder_family(
    "vilt",
    model_type=MODEL_TYPE,
    title="ViLT (cross-encoder; needs another model's candidates)",
    load=load,
    alike=Checkpoint(
        name="",
        source="",
        licence="Apache-2.0",
        parameters=111_595_777,
        resolution=640,
        pretraining_data="COCO, Visual Genome, SBU, Conceptual Captions (4M images)",
        citation="Kim et al. 2021, ViLT, arXiv 2102.03334",
    ),
    on_hub={
        "dandelin/vilt-b32-finetuned-coco": {"setting": "fine-tuned on COCO"},
        "dandelin/vilt-b32-finetuned-flickr30k": {"setting": "fine-tuned on Flickr30k"},
    },
    finds_candidates=False,
)
