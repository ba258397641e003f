"""BLIP: an image-text contrastive encoder finds the candidates, a text encoder with cross-attention matches them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import as_tensors
from evaluator.cross_encoder import CrossEncoder, stacked
from evaluator.cross_encoder_family import Layout, cross_encoder_family, load_parts
from evaluator.dual_encoder import unit_rows
from evaluator.model import Checkpoint, ModelError, ModelFamily, ModelRequest, States

if TYPE_CHECKING:
    import torch

MODEL_TYPE = "blip"
LENGTH = 35
MOST_WORDS = 30
MARK = "[ENC]"
"""Stands in place of the first token where a caption is matched with a picture."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Blip(CrossEncoder):
    """A loaded checkpoint."""

    network: Any
    mark: int
    head_rule: str = "itm+itc"

    def collate_images(self, prepared: Sequence[NDArray[np.float32]]) -> "torch.Tensor":
        """Stack pictures."""
        return stacked(prepared)

    def encode_images(self, batch: "torch.Tensor") -> "torch.Tensor":
        """Project the first token of each picture."""
        return unit_rows(self.network.vision_proj(self._seen(batch)[:, 0]))

    def encode_captions(self, captions: Sequence[str]) -> "torch.Tensor":
        """Project the first token of each caption."""
        ids, mask = as_tensors(self.captions.of(captions), self.device)
        read = self.network.text_encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return unit_rows(self.network.text_proj(read[:, 0]))

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
        # One picture for all captions: its keys and values are computed once and broadcast, not once for each caption.
        read = self.network.text_encoder(input_ids=ids, attention_mask=mask, encoder_hidden_states=image_state)
        logits = self.network.itm_head(read.last_hidden_state[:, 0])[:, 1]
        scores: NDArray[np.float32] = logits.float().cpu().numpy()
        return scores

    def _seen(self, batch: "torch.Tensor") -> "torch.Tensor":
        seen: torch.Tensor = self.network.vision_model(pixel_values=self.on_device(batch)).last_hidden_state
        return seen


def load(request: ModelRequest) -> Blip:
    """Load a checkpoint of BlipForImageTextRetrieval."""
    from transformers import BertTokenizer, BlipConfig, BlipForImageTextRetrieval, BlipImageProcessorPil

    layout = Layout(
        family="blip",
        model_type=MODEL_TYPE,
        network=BlipForImageTextRetrieval,
        configuration=BlipConfig,
        processor=BlipImageProcessorPil,
        tokenizer=BertTokenizer,
        length=LENGTH,
        words=MOST_WORDS,
        wording=f"; matched with {MARK} in place of the first token",
    )
    network, parts = load_parts(request, layout)
    return Blip(network=network, mark=_mark(network, parts["captions"].tokenizer, request.name), **parts)


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


BLIP: ModelFamily = cross_encoder_family(
    "blip",
    model_type=MODEL_TYPE,
    title="BLIP (contrastive, then image-text matching)",
    load=load,
    alike=Checkpoint(
        name="",
        source="",
        licence="BSD-3-Clause",
        resolution=384,
        pretraining_data="129M image-text pairs, captions bootstrapped (CapFilt)",
        citation="Li et al. 2022, BLIP, arXiv 2201.12086",
    ),
    on_hub={
        "Salesforce/blip-itm-base-coco": {"parameters": 223_744_258, "setting": "fine-tuned on COCO"},
        "Salesforce/blip-itm-large-coco": {"parameters": 446_128_642, "setting": "fine-tuned on COCO"},
        "Salesforce/blip-itm-base-flickr": {"parameters": 223_744_258, "setting": "fine-tuned on Flickr30k"},
        "Salesforce/blip-itm-large-flickr": {"parameters": 446_128_642, "setting": "fine-tuned on Flickr30k"},
    },
    finds_candidates=True,
)
