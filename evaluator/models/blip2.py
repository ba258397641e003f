"""BLIP-2: the query tokens of a small transformer find the candidates, and match them together with the caption."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.caption_ids import as_tensors
from evaluator.cross_encoder import CrossEncoder, stacked
from evaluator.cross_encoder_family import Layout, cross_encoder_family, load_parts
from evaluator.dual_encoder import unit_rows
from evaluator.model import Checkpoint, ModelFamily, ModelRequest, States

if TYPE_CHECKING:
    import torch

MODEL_TYPE = "blip-2"
LENGTH = 35
MOST_WORDS = 50


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Blip2(CrossEncoder):
    """A loaded checkpoint."""

    network: Any
    head_rule: str = "itm+itc"

    def collate_images(self, prepared: Sequence[NDArray[np.float32]]) -> "torch.Tensor":
        """Stack pictures."""
        return stacked(prepared)

    def encode_images(self, batch: "torch.Tensor") -> "torch.Tensor":
        """Project every query token of each picture, shape (n, tokens, width); a score takes the best."""
        seen = self._seen(batch)
        queries = self.network.query_tokens.expand(len(seen), -1, -1)
        found = self.network.qformer(query_embeds=queries, encoder_hidden_states=seen, return_dict=True)
        return unit_rows(self.network.vision_projection(found.last_hidden_state))

    def encode_captions(self, captions: Sequence[str]) -> "torch.Tensor":
        """Project the first token of each caption."""
        ids, mask = as_tensors(self.captions.of(captions), self.device)
        read = self.network.qformer(
            query_embeds=self.network.embeddings(input_ids=ids), query_length=0, attention_mask=mask, return_dict=True
        )
        return unit_rows(self.network.text_projection(read.last_hidden_state[:, 0]))

    def image_state(self, prepared: NDArray[np.float32]) -> "torch.Tensor":
        """Return all tokens of one picture."""
        return self._seen(self.collate_images([prepared]))

    def match(self, image_state: "torch.Tensor", captions: States) -> NDArray[np.float32]:
        """Return the logit that the pair belongs together, averaged over the query tokens."""
        import torch

        ids, mask = as_tensors(captions, self.device)
        queries = self.network.query_tokens.expand(len(ids), -1, -1)
        count = queries.shape[1]
        found = self.network.qformer(
            query_embeds=self.network.embeddings(input_ids=ids, query_embeds=queries),
            query_length=count,
            attention_mask=torch.cat([mask.new_ones(len(ids), count), mask], dim=1),
            encoder_hidden_states=image_state.expand(len(ids), -1, -1),
            return_dict=True,
        )
        logits = self.network.itm_head(found.last_hidden_state[:, :count])[:, :, 1].float().mean(dim=1)
        scores: NDArray[np.float32] = logits.cpu().numpy()
        return scores

    def _seen(self, batch: "torch.Tensor") -> "torch.Tensor":
        seen: torch.Tensor = self.network.vision_model(
            pixel_values=self.on_device(batch), return_dict=True
        ).last_hidden_state
        return seen


def load(request: ModelRequest) -> Blip2:
    """Load a checkpoint of Blip2ForImageTextRetrieval."""
    from transformers import BertTokenizer, Blip2Config, Blip2ForImageTextRetrieval, BlipImageProcessorPil

    layout = Layout(
        family="blip2",
        model_type=MODEL_TYPE,
        network=Blip2ForImageTextRetrieval,
        configuration=Blip2Config,
        processor=BlipImageProcessorPil,
        tokenizer=BertTokenizer,
        length=LENGTH,
        words=MOST_WORDS,
    )
    network, parts = load_parts(request, layout)
    return Blip2(network=network, **parts)


BLIP2: ModelFamily = cross_encoder_family(
    "blip2",
    model_type=MODEL_TYPE,
    title="BLIP-2 (contrastive, then image-text matching)",
    load=load,
    alike=Checkpoint(
        name="",
        source="",
        licence="MIT",
        pretraining_data="129M image-text pairs",
        citation="Li et al. 2023, BLIP-2, arXiv 2301.12597",
    ),
    on_hub={
        "Salesforce/blip2-itm-vit-g": {"parameters": 1_172_032_258, "resolution": 224},
        "Salesforce/blip2-itm-vit-g-coco": {
            "parameters": 1_172_623_618,
            "resolution": 364,
            "setting": "fine-tuned on COCO",
        },
    },
    finds_candidates=True,
)
